import { raceAbort, throwIfAborted } from "./abort.ts";
import { isIterable, startSource } from "./bytes.ts";
import type { CallSignal } from "./call-abort.ts";
import type { StreamSource } from "./options.ts";

/**
 * The source of a streamed store as the driver gets it: started when the first piece is asked for, checked to be
 * bytes, cut off by an abort even when the source itself is silent, and with its failure kept, because the caller
 * shall get that one back, as it came.
 */
export class WatchedSource implements AsyncIterable<Uint8Array> {
  readonly #source: StreamSource;
  readonly #signal: CallSignal | undefined;
  #pieces: AsyncIterator<Uint8Array> | undefined;
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;

  /** @throws StoreError `INVALID_ARGUMENT` when the source is neither a function nor an iterable. */
  constructor(source: StreamSource, signal: CallSignal | undefined) {
    if (typeof source !== "function") startSource(source);
    this.#source = source;
    this.#signal = signal;
  }

  /** What the source threw, in a box, as it may have been `undefined`. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.release();
        return { done: true, value: undefined };
      },
    };
  }

  /**
   * Stops the source when it has not ended. Never rejects: a source is stopped because something failed, and that
   * says more than a failure to stop.
   */
  async release(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const stopped = this.#stop().catch(() => undefined);
    // After an abort it may still be at a piece; then it stops when that has come.
    if (this.#signal?.aborted !== true) await stopped;
  }

  async #stop(): Promise<void> {
    if (this.#pieces !== undefined) {
      await this.#pieces.return?.();
    } else if (typeof this.#source !== "function" && isIterable(this.#source, Symbol.asyncIterator)) {
      // A generator that is never begun could still be holding what its maker opened for it.
      await this.#source[Symbol.asyncIterator]().return?.();
    }
  }

  async #next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#hasEnded) return { done: true, value: undefined };
    try {
      throwIfAborted(this.#signal);
      this.#pieces ??= startSource(this.#source)[Symbol.asyncIterator]();
      const step = await raceAbort(this.#pieces.next(), this.#signal);
      if (step.done !== true) return step;
      this.#hasEnded = true;
      return { done: true, value: undefined };
    } catch (error) {
      this.#failure ??= { error };
      await this.release();
      throw error;
    }
  }
}
