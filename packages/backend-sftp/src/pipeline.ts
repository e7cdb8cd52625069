import { throwIfAborted, type CallSignal } from "@borgstore/core";
import type { Session } from "./session.ts";

/** Requests of one transfer in flight at a time: enough to fill a line, and little enough to share it. */
const requestsInFlight = 16;

/**
 * The requests of one transfer, several in flight: `reserve` before each that carries data, `add` when it was sent.
 * After the first failure nothing more can be reserved. `finish` must be called, whatever happened.
 */
export class Pipeline {
  readonly #session: Session;
  readonly #signal: CallSignal | undefined;
  #inFlight = 0;
  #failure: { readonly error: unknown } | undefined;
  #onProgress: (() => void) | undefined;

  constructor(session: Session, signal: CallSignal | undefined) {
    this.#session = session;
    this.#signal = signal;
  }

  /**
   * Makes room for a request that brings or takes so many bytes; `undefined` when there is room at once. Rejects when
   * an earlier request failed, or with the reason of an abort.
   */
  reserve(byteCount: number): Promise<void> | undefined {
    const isFree = this.#inFlight < requestsInFlight && this.#failure === undefined;
    if (isFree && this.#signal?.aborted !== true && this.#session.bytes.tryAcquire(byteCount)) {
      return undefined;
    }
    return this.#waitForRoom(byteCount);
  }

  /** A request that was sent, with the bytes that were reserved for it. */
  add(byteCount: number, answer: Promise<unknown>): void {
    this.#inFlight++;
    const release = (): void => {
      if (byteCount > 0) this.#session.bytes.release(byteCount);
      this.#inFlight--;
      this.#onProgress?.();
    };
    answer.then(release, (error: unknown) => {
      this.#failure ??= { error };
      release();
    });
  }

  /** Waits until all is answered. Rejects with the first failure. */
  async finish(): Promise<void> {
    while (this.#inFlight > 0) await this.#progress();
    this.#mustBeWell();
  }

  async #waitForRoom(byteCount: number): Promise<void> {
    while (this.#inFlight >= requestsInFlight && this.#failure === undefined) await this.#progress();
    this.#mustBeWell();
    throwIfAborted(this.#signal);
    await this.#session.bytes.acquire(this.#signal, byteCount);
    if (this.#failure !== undefined) this.#session.bytes.release(byteCount);
    this.#mustBeWell();
  }

  #mustBeWell(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #progress(): Promise<void> {
    await new Promise<void>((resolve) => (this.#onProgress = resolve));
    this.#onProgress = undefined;
  }
}
