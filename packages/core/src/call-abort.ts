import { WaitingCallbacks } from "./waiting-callbacks.ts";
import type { OperationOptions } from "./options.ts";

/**
 * The abort of one call, by a layer: what an AbortController is to everybody else, without the AbortSignal. Making one
 * of those for each call, and a listener on it, would cost more than everything else that a layer does.
 */
export class CallAbort {
  #isAborted = false;
  #reason: unknown;
  #controller: AbortController | undefined;
  readonly #waiting = new WaitingCallbacks();

  /** Whether it was aborted. */
  get aborted(): boolean {
    return this.#isAborted;
  }

  /** What it was aborted with. */
  get reason(): unknown {
    return this.#reason;
  }

  /** A real signal of this abort, made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const made = new AbortController();
      this.#controller = made;
      if (!this.#isAborted) this.#waiting.append(() => made.abort(this.#reason));
    }
    const controller = this.#controller;
    // Also for those who are called before the signal's turn comes.
    if (this.#isAborted && !controller.signal.aborted) controller.abort(this.#reason);
    return controller.signal;
  }

  /** Aborts, once: calls whoever waits, in the order of registration. */
  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason;
    this.#waiting.callAll();
  }

  /** Those who wait for the abort; see `onAbort`. */
  get waiting(): WaitingCallbacks {
    return this.#waiting;
  }
}

/** What can end a call: a signal, or the abort of a layer above. Both have `aborted` and `reason`. */
export type CallSignal = AbortSignal | Pick<CallAbort, "aborted" | "reason" | "signal">;

const abortOf = new WeakMap<OperationOptions, CallAbort>();

/** The same options with `signal` of an abort, which is only made when somebody reads it. */
export function withCallAbort<O extends OperationOptions>(options: O, abort: CallAbort): O {
  const limited: Record<string, unknown> = {
    get signal() {
      return abort.signal;
    },
  };
  // Not spread: that would read the signal of the options, and make one if it is such a one.
  for (const key of Object.keys(options)) {
    if (key !== "signal") limited[key] = options[key as keyof O];
  }
  const copy = limited as O;
  abortOf.set(copy, abort);
  return copy;
}

/**
 * What can end a call with these options: `options.signal`, or instead of it an abort of which no signal needs to be
 * made. Take it where you only look at `aborted` and `reason` or hand it to core's `onAbort`, `raceAbort`, `delay`,
 * `throwIfAborted` and `Requests`; take `options.signal` where something else wants a real one. Both are aborted
 * together.
 */
export function callSignal(options: OperationOptions): CallSignal | undefined {
  return abortOf.get(options) ?? options.signal;
}

/** The real signal of either. */
export function realSignal(signal: CallSignal | undefined): AbortSignal | undefined {
  return signal instanceof CallAbort ? signal.signal : (signal as AbortSignal | undefined);
}
