/** One callback that waits for an abort. */
export interface AbortRegistration {
  /** Takes it back: the callback is not called any more. Does nothing after an abort, or for the second time. */
  remove(): void;
}

const once: AddEventListenerOptions = Object.freeze({ once: true });

/** All callbacks for one signal, in the order in which they came, behind one listener. */
class AbortHub {
  readonly signal: AbortSignal;
  readonly #listener = (): void => this.#abort();
  // A linked list, so that coming and going take the same short time among thousands.
  #first: Waiting | undefined;
  #last: Waiting | undefined;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  append(callback: () => void): Waiting {
    const previous = this.#last;
    const waiting = new Waiting(this, callback, previous);
    if (previous === undefined) {
      this.#first = waiting;
      this.signal.addEventListener("abort", this.#listener, once);
    } else {
      previous.next = waiting;
    }
    this.#last = waiting;
    return waiting;
  }

  unlink({ previous, next }: Waiting): void {
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    if (this.#first !== undefined) return;
    this.signal.removeEventListener("abort", this.#listener);
    if (this !== latest) others.delete(this.signal);
  }

  #abort(): void {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      first.remove();
      first.callback();
    }
  }
}

class Waiting implements AbortRegistration {
  readonly callback: () => void;
  hub: AbortHub | undefined;
  previous: Waiting | undefined;
  next: Waiting | undefined;

  constructor(hub: AbortHub, callback: () => void, previous: Waiting | undefined) {
    this.callback = callback;
    this.hub = hub;
    this.previous = previous;
    this.next = undefined;
  }

  remove(): void {
    const { hub } = this;
    this.hub = undefined;
    hub?.unlink(this);
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
export function onAbort(
  signal: AbortSignal | undefined,
  callback: () => void,
): AbortRegistration | undefined {
  if (signal === undefined) return undefined;
  if (signal.aborted) {
    callback();
    return undefined;
  }
  return hubOf(signal).append(callback);
}
