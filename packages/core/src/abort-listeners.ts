import { CallAbort, type CallSignal } from "./call-abort.ts";
import { WaitingCallbacks, type AbortRegistration, type Waiting } from "./waiting-callbacks.ts";

const once: AddEventListenerOptions = Object.freeze({ once: true });

/** All callbacks for one signal behind one listener. */
class AbortHub extends WaitingCallbacks {
  readonly signal: AbortSignal;
  readonly #listener = (): void => this.callAll();

  constructor(signal: AbortSignal) {
    super();
    this.signal = signal;
  }

  override append(callback: () => void): AbortRegistration {
    if (this.isEmpty) this.signal.addEventListener("abort", this.#listener, once);
    return super.append(callback);
  }

  override unlink(waiting: Waiting): void {
    super.unlink(waiting);
    if (!this.isEmpty) return;
    this.signal.removeEventListener("abort", this.#listener);
    if (this !== latest) others.delete(this.signal);
  }
}

// The hub that was asked for last is kept apart, as it mostly is the one for the next call too: registering then
// costs hardly more than a listener. The map holds others while somebody waits there, so neither keeps much alive.
let latest: AbortHub | undefined;
const others = new Map<AbortSignal, AbortHub>();

function hubOf(signal: AbortSignal): AbortHub {
  if (latest?.signal === signal) return latest;
  const hub = (others.size > 0 ? others.get(signal) : undefined) ?? new AbortHub(signal);
  if (latest !== undefined && !latest.isEmpty) others.set(latest.signal, latest);
  if (!hub.isEmpty) others.delete(signal);
  latest = hub;
  return hub;
}

/**
 * Calls `callback` once when the signal is aborted, synchronously, in the order of registration; at once when it is
 * aborted already. What is returned must be removed when the abort is of no interest any more; `undefined` when
 * there is nothing to remove.
 *
 * Stands for `addEventListener`, because a signal that many calls share would get a listener from each: Node warns
 * of a leak above ten, and removing one takes a time that grows with their number. Here a signal has one listener
 * while anybody waits, and none afterwards.
 *
 * @param callback must not throw: those after it would not be called.
 */
export function onAbort(signal: CallSignal | undefined, callback: () => void): AbortRegistration | undefined {
  if (signal === undefined) return undefined;
  if (signal.aborted) {
    callback();
    return undefined;
  }
  const waiting = signal instanceof CallAbort ? signal.waiting : hubOf(signal as AbortSignal);
  return waiting.append(callback);
}
