import { StoreError, type Backend, type StoreErrorCode } from "@borgstore/core";
import { Random } from "../random.ts";
import { aroundBackend, type BackendOperation, type PromiseOperation } from "./around-backend.ts";

/** Which faults to inject, and how often. Probabilities are from 0 (never, the default) to 1 (always). */
export interface FaultyBackendOptions {
  /** Decides which calls fail and how, an integer; the same seed and calls give the same faults. */
  readonly seed: number;
  /** Probability that a call fails without having reached the backend; for iterables, also between two steps. */
  readonly errorProbability?: number;
  /**
   * What such calls fail with.
   *
   * @default CONNECTION, TIMEOUT, UNAVAILABLE
   */
  readonly errorCodes?: readonly StoreErrorCode[];
  /**
   * Probability that a call is done but its answer is lost: it fails with `CONNECTION` after it succeeded. Not
   * for listings and streams.
   */
  readonly lostAnswerProbability?: number;
  /** Probability that a load delivers less than there is: at least one byte less, when there is any. */
  readonly shortLoadProbability?: number;
  /**
   * Waited for before every call and every step of an iteration: a delay, a gate that a test opens.
   *
   * @default nothing is waited for
   */
  readonly before?: (operation: BackendOperation) => Promise<void>;
  /**
   * Which operations have faults.
   *
   * @default all but create, destroy, open and close
   */
  readonly operations?: readonly BackendOperation[];
}

/** One fault that was injected. */
export interface InjectedFault {
  readonly operation: BackendOperation;
  readonly fault: "error" | "lost-answer" | "short-load";
  /** The code it failed with; absent for a short load. */
  readonly code?: StoreErrorCode;
}

/** A backend with faults. */
export interface FaultyBackend extends Backend {
  /** What was injected so far, in order. */
  readonly injected: readonly InjectedFault[];
}

const lifecycle: ReadonlySet<BackendOperation> = new Set(["create", "destroy", "open", "close"]);

/** Passes calls to `inner`, some of which go wrong, as the seed decides. */
export function faultyBackend(inner: Backend, options: FaultyBackendOptions): FaultyBackend {
  const {
    errorProbability = 0,
    errorCodes = ["CONNECTION", "TIMEOUT", "UNAVAILABLE"],
    lostAnswerProbability = 0,
    shortLoadProbability = 0,
    before,
    operations,
  } = options;
  const random = new Random(options.seed);
  const injected: InjectedFault[] = [];
  const isFaulty = (operation: BackendOperation): boolean =>
    operations === undefined ? !lifecycle.has(operation) : operations.includes(operation);

  const fail = (operation: BackendOperation, fault: "error" | "lost-answer", code: StoreErrorCode): never => {
    injected.push({ operation, fault, code });
    throw new StoreError(code, { backend: inner.name, operation, detail: `injected: ${fault}` });
  };
  /** Decides about a call before it is made, in one step, so that calls reach the backend in their order. */
  const mayFail = (operation: BackendOperation): void => {
    if (random.happens(errorProbability)) fail(operation, "error", random.pick(errorCodes));
  };
  const call = async <T>(operation: PromiseOperation, proceed: () => Promise<T>): Promise<T> => {
    if (before !== undefined) await before(operation);
    mayFail(operation);
    const result = await proceed();
    if (random.happens(lostAnswerProbability)) fail(operation, "lost-answer", "CONNECTION");
    if (operation === "load" && result instanceof Uint8Array && result.length > 0) {
      if (random.happens(shortLoadProbability)) {
        injected.push({ operation, fault: "short-load" });
        return result.slice(0, random.integer(0, result.length - 1)) as T;
      }
    }
    return result;
  };
  const enterStep = async (operation: BackendOperation): Promise<void> => {
    await before?.(operation);
    mayFail(operation);
  };

  const backend = aroundBackend(inner, {
    call: (operation, _args, proceed) => (isFaulty(operation) ? call(operation, proceed) : proceed()),
    iterate: (operation, _args, proceed) =>
      isFaulty(operation) ? steps(proceed, () => enterStep(operation)) : proceed(),
  });
  return Object.assign(backend, { injected, toString: () => `faulty(${inner.toString()})` });
}

async function* steps<T>(
  proceed: () => AsyncIterable<T>,
  enter: () => Promise<void>,
): AsyncGenerator<T, void, undefined> {
  await enter();
  for await (const step of proceed()) {
    yield step;
    await enter();
  }
}
