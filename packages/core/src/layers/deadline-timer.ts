import { onAbort } from "../abort-listeners.ts";
import type { CallAbort, CallSignal } from "../call-abort.ts";
import type { StoreError } from "../errors.ts";
import type { AbortRegistration } from "../waiting-callbacks.ts";

/** Longest delay that `setTimeout` takes; a longer limit is none. */
const longestTimeoutMs = 2 ** 31 - 1;

/**
 * One limit on one piece of work: aborts it when time is up or the caller aborts. Work that reacts says itself
 * whether it was done before; work that does not is given up within a turn of the event loop, and may go on
 * unheard. Can be paused while the time is somebody else's.
 */
export class DeadlineTimer {
  readonly #abort: CallAbort;
  readonly #limitMs: number;
  readonly #outer: CallSignal | undefined;
  readonly #makeError: () => StoreError;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastTurn: ReturnType<typeof setTimeout> | undefined;
  #reject: ((reason: unknown) => void) | undefined;

  /**
   * @param abort aborted on either; the work gets it as its signal.
   * @param outer the caller's signal.
   * @param makeError makes what the work is aborted with when time is up.
   */
  constructor(abort: CallAbort, limitMs: number, outer: CallSignal | undefined, makeError: () => StoreError) {
    this.#abort = abort;
    this.#limitMs = limitMs;
    this.#outer = outer;
    this.#makeError = makeError;
  }

  /** Runs the work under the limit. Leaves no timer and no listener behind. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const outer = this.#outer;
    let aborting: AbortRegistration | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        if (outer?.aborted === true) {
          this.#abort.abort(outer.reason);
          throw outer.reason;
        }
        aborting = onAbort(outer, () => this.#stop(outer?.reason));
        this.resume();
        work().then(resolve, (error: unknown) => {
          reject(this.#abort.aborted ? this.#abort.reason : error);
        });
      });
    } finally {
      this.pause();
      clearTimeout(this.#lastTurn);
      this.#reject = undefined;
      aborting?.remove();
    }
  }

  /** Starts the limit anew, unless the work has ended. */
  resume(): void {
    this.pause();
    if (this.#reject === undefined || this.#abort.aborted || this.#limitMs > longestTimeoutMs) return;
    this.#timer = setTimeout(() => this.#stop(this.#makeError()), this.#limitMs);
  }

  /** Stops counting. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  #stop(reason: unknown): void {
    this.pause();
    if (this.#abort.aborted) return;
    this.#abort.abort(reason);
    this.#lastTurn = setTimeout(() => this.#reject?.(reason), 0);
  }
}
