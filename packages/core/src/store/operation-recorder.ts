import { StoreError, type StoreErrorCode } from "../errors.ts";
import type { OperationOptions } from "../options.ts";
import type { OperationDescription, StoreOperationName } from "./operation.ts";
import {
  operationCounters,
  operationStats,
  type OperationCounters,
  type OperationStatsTable,
} from "./operation-stats.ts";

/** Where a store writes its log: `console` and loggers such as pino fit as they are. */
export interface StoreLogger {
  debug(message: string): void;
}

/** One finished operation, as plain data. */
export interface StoreOperationEvent {
  readonly operation: StoreOperationName;
  /** Name of the item or of the listed namespace; `""` for operations on the whole store. */
  readonly name: string;
  /** The second name of `move`. */
  readonly newName?: string;
  /** Bytes of the value that was loaded or stored. */
  readonly volume: number;
  /** As counted in the stats. */
  readonly durationMs: number;
  /** Why it failed; absent when it succeeded. Errors that are no StoreError are `UNEXPECTED` here. */
  readonly error?: StoreErrorCode | "ABORTED";
}

/** Called after each operation. */
export type StoreOperationHook = (event: StoreOperationEvent) => void;

/** Who is told about operations besides the counters. */
export interface OperationObservers {
  readonly logger?: StoreLogger | undefined;
  readonly onOperation?: StoreOperationHook | undefined;
}

/**
 * Counts operations, and tells logger and hook about them when there are any. What these throw is thrown anew
 * outside of the operation, as event emitters for diagnostics do: it becomes an uncaught exception, and the
 * operation, which has happened already, keeps its outcome.
 */
export class OperationRecorder {
  readonly #counters: OperationCounters = operationCounters();
  readonly #logger: StoreLogger | undefined;
  readonly #hook: StoreOperationHook | undefined;
  readonly #observed: boolean;

  /** @throws StoreError `INVALID_ARGUMENT` for observers that could not be called when it is too late to say so. */
  constructor({ logger, onOperation }: OperationObservers) {
    if (logger !== undefined && typeof logger?.debug !== "function") {
      throw new StoreError("INVALID_ARGUMENT", {
        detail: "logger is an object with a method debug(message)",
      });
    }
    if (onOperation !== undefined && typeof onOperation !== "function") {
      throw new StoreError("INVALID_ARGUMENT", { detail: "onOperation is a function" });
    }
    this.#logger = logger;
    this.#hook = onOperation;
    this.#observed = logger !== undefined || onOperation !== undefined;
  }

  get stats(): OperationStatsTable {
    return operationStats(this.#counters);
  }

  succeeded<O, A, R>(
    operation: OperationDescription<O, A, R>,
    ms: number,
    name: string,
    options: O,
    argument: A,
    result: R,
  ): void {
    const volume = operation.volume === undefined ? 0 : operation.volume(result, argument);
    this.#counters[operation.name].succeeded(ms, volume);
    if (!this.#observed) return;
    this.#tell(operation, name, argument, volume, ms, undefined);
    this.log(() => {
      const outcome = operation.outcome?.(result) ?? `${volume}B in ${ms.toFixed(1)}ms`;
      return `${operation.describe(name, options, argument, result)} -> ${outcome}`;
    });
  }

  failed<O extends OperationOptions, A, R>(
    operation: OperationDescription<O, A, R>,
    ms: number,
    name: string,
    options: O,
    argument: A,
    error: unknown,
  ): void {
    this.#counters[operation.name].failed();
    if (!this.#observed) return;
    const code = errorCode(error, options);
    this.#tell(operation, name, argument, 0, ms, code);
    this.log(
      () => `${operation.describe(name, options, argument, undefined)} failed: ${code} in ${ms.toFixed(1)}ms`,
    );
  }

  /** Writes a line to the log; it is not even made when there is no logger. */
  log(message: () => string): void {
    if (this.#logger === undefined) return;
    try {
      this.#logger.debug(`borgstore: ${message()}`);
    } catch (error) {
      throwLater(error);
    }
  }

  #tell<O, A, R>(
    operation: OperationDescription<O, A, R>,
    name: string,
    argument: A,
    volume: number,
    durationMs: number,
    error: StoreErrorCode | "ABORTED" | undefined,
  ): void {
    if (this.#hook === undefined) return;
    const event: { -readonly [K in keyof StoreOperationEvent]: StoreOperationEvent[K] } = {
      operation: operation.name,
      name,
      volume,
      durationMs,
    };
    if (operation.newName !== undefined) event.newName = operation.newName(argument);
    if (error !== undefined) event.error = error;
    try {
      this.#hook(event);
    } catch (thrown) {
      throwLater(thrown);
    }
  }
}

function errorCode(error: unknown, { signal }: OperationOptions): StoreErrorCode | "ABORTED" {
  if (signal?.aborted === true && error === signal.reason) return "ABORTED";
  return StoreError.is(error) ? error.code : "UNEXPECTED";
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
