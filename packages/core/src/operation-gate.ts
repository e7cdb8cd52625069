import { raceAbort, throwIfAborted } from "./abort.ts";
import type { CallSignal } from "./call-abort.ts";
import { annotateError, StoreError, type StoreErrorCode } from "./errors.ts";
import type { OperationOptions } from "./options.ts";
import { Session } from "./session.ts";

/** What `close` does at the driver. */
export interface Closing {
  readonly sync: (options: OperationOptions) => Promise<unknown>;
  readonly disconnect: (options: OperationOptions) => Promise<unknown>;
}

/**
 * The guard's book-keeping: the state of a backend, what is under way in it, and the context of its errors. Knows
 * nothing of the operations themselves.
 */
export class OperationGate {
  readonly #backend: string;
  #state: "closed" | "open" | "closing" = "closed";
  #session = new Session();
  /** The end of the last lifecycle call; they run one after the other. Never rejects. */
  #lifecycle: Promise<unknown> = Promise.resolve();

  constructor(backend: string) {
    this.#backend = backend;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  mustBeOpen(operation: string, name: string | undefined): void {
    if (this.#state !== "open") throw this.fail("NOT_OPEN", operation, name);
  }

  /** Runs `create` or `destroy`, which need a closed backend. */
  whileClosed(operation: string, options: OperationOptions, work: () => Promise<void>): Promise<void> {
    return this.#changeState(operation, options.signal, async () => {
      this.#mustBeClosed();
      await work();
    });
  }

  /**
   * Opens. An abort that comes before `connect` resolved rejects at once, and `disconnect` follows when it does;
   * one that comes later has no effect.
   */
  open(
    { signal }: OperationOptions,
    connect: () => Promise<void>,
    disconnect: () => Promise<void>,
  ): Promise<void> {
    return this.#changeState("open", signal, async (decide) => {
      this.#mustBeClosed();
      await connect();
      if (signal?.aborted === true) {
        await disconnect();
        throw signal.reason;
      }
      this.#state = "open";
      decide();
    });
  }

  /**
   * Closes: refuses operations, releases iterations, waits until all is quiet, makes durable, disconnects. An
   * abort ends the waiting, not the disconnecting. The backend is closed afterwards whatever fails.
   */
  close({ signal }: OperationOptions, closing: Closing): Promise<void> {
    return this.#changeState("close", signal, async () => {
      if (this.#state === "closed") return;
      this.#state = "closing";
      const failures: unknown[] = [];
      const attempt = async (work: () => Promise<unknown>): Promise<void> => {
        try {
          await work();
        } catch (error) {
          failures.push(error);
        }
      };
      await attempt(async () => {
        const releaseFailures = await raceAbort(this.#session.settle(), signal);
        await raceAbort(closing.sync({ signal }), signal);
        if (releaseFailures.length > 0) throw releaseFailures[0];
      });
      await attempt(() => closing.disconnect(signal?.aborted === true ? {} : { signal }));
      this.#session = new Session();
      this.#state = "closed";
      // The first failure says most: that of making durable comes before that of disconnecting.
      if (failures.length > 0) throw failures[0];
    });
  }

  /** Counts one operation at the driver, which {@link Session.leave} of the result ends. */
  enter(): Session {
    this.#session.enter();
    return this.#session;
  }

  /** One operation at the driver; it counts until the driver is done with it, also after an abort. */
  run<T>(
    operation: string,
    name: string | undefined,
    signal: CallSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    if (signal === undefined) return this.#counted(operation, name, signal, work);
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return raceAbort(this.#counted(operation, name, signal, work), signal);
  }

  /**
   * Pages or pieces from the driver. Each step is one operation; between the steps nothing is counted, and a
   * close releases the driver's iterator. It does not go on when the backend was opened again.
   */
  async *iterate<T>(
    operation: string,
    name: string,
    signal: CallSignal | undefined,
    start: () => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    const iterator = this.check(operation, name, () => start()[Symbol.asyncIterator]());
    const session = this.#session;
    session.iterators.add(iterator);
    try {
      while (true) {
        this.mustBeOpen(operation, name);
        if (session !== this.#session) throw this.fail("NOT_OPEN", operation, name);
        const step = await this.#step(operation, name, signal, iterator);
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      if (session.iterators.delete(iterator)) {
        const released = this.#counted(operation, name, signal, async () => await iterator.return?.());
        // After an abort the driver may still be at a step: it is released when that ends, and the reason is
        // what the caller gets.
        if (signal?.aborted === true) released.catch(() => undefined);
        else await released;
      }
    }
  }

  /** Runs a check of arguments, and gives its error the context. */
  check<T>(operation: string, name: string | undefined, check: () => T): T {
    try {
      return check();
    } catch (error) {
      throw this.translate(error, operation, name, undefined);
    }
  }

  /** What a caller gets to see for an error: the abort's reason, a StoreError with its context, or `UNEXPECTED`. */
  translate(
    error: unknown,
    operation: string,
    name: string | undefined,
    signal: CallSignal | undefined,
  ): unknown {
    if (signal?.aborted === true) return signal.reason;
    if (!StoreError.is(error)) return this.fail("UNEXPECTED", operation, name, error);
    return annotateError(error, { backend: this.#backend, operation, key: textOnly(name) });
  }

  fail(code: StoreErrorCode, operation: string, name: string | undefined, cause?: unknown): StoreError {
    const context = { backend: this.#backend, operation, key: textOnly(name) };
    return new StoreError(code, cause === undefined ? context : { ...context, cause });
  }

  #mustBeClosed(): void {
    if (this.#state !== "closed") throw new StoreError("ALREADY_OPEN");
  }

  async #step<T>(
    operation: string,
    name: string,
    signal: CallSignal | undefined,
    iterator: AsyncIterator<T>,
  ): Promise<IteratorResult<T>> {
    const { iterators } = this.#session;
    try {
      const step = await this.run(operation, name, signal, () => iterator.next());
      if (step.done === true) iterators.delete(iterator);
      return step;
    } catch (error) {
      // An iterator that failed has ended; one that was only left alone by an abort has not.
      if (signal?.aborted !== true) iterators.delete(iterator);
      throw error;
    }
  }

  async #counted<T>(
    operation: string,
    name: string | undefined,
    signal: CallSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const session = this.#session;
    session.enter();
    try {
      return await work();
    } catch (error) {
      throw this.translate(error, operation, name, signal);
    } finally {
      session.leave();
    }
  }

  /** Runs lifecycle calls one after the other. `decide` says that an abort comes too late now. */
  async #changeState(
    operation: string,
    signal: CallSignal | undefined,
    work: (decide: () => void) => Promise<void>,
  ): Promise<void> {
    throwIfAborted(signal);
    let isDecided = false;
    const turn = this.#lifecycle.then(async () => {
      throwIfAborted(signal);
      try {
        await work(() => {
          isDecided = true;
        });
      } catch (error) {
        throw this.translate(error, operation, undefined, signal);
      }
    });
    this.#lifecycle = turn.catch(() => undefined);
    await raceAbort(turn, signal, () => isDecided);
  }
}

/** Names are checked after the state, so anything may come here. */
function textOnly(name: unknown): string | undefined {
  return typeof name === "string" ? name : undefined;
}
