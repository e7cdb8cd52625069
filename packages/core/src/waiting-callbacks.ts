/** One callback that waits for an abort. */
export interface AbortRegistration {
  /** Takes it back: the callback is not called any more. Does nothing after an abort, or for the second time. */
  remove(): void;
}

/** Callbacks in the order in which they came. A linked list: coming and going take the same short time among thousands. */
export class WaitingCallbacks {
  #first: Waiting | undefined;
  #last: Waiting | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** @param callback must not throw: those after it would not be called. */
  append(callback: () => void): AbortRegistration {
    const previous = this.#last;
    const waiting = new Waiting(this, callback, previous);
    if (previous === undefined) this.#first = waiting;
    else previous.next = waiting;
    this.#last = waiting;
    return waiting;
  }

  /** Calls and removes all, also those that come meanwhile. */
  callAll(): void {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      first.remove();
      first.callback();
    }
  }

  /** For {@link AbortRegistration.remove}. */
  unlink({ previous, next }: Waiting): void {
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
  }
}

/** One entry of the list. */
export class Waiting implements AbortRegistration {
  readonly callback: () => void;
  previous: Waiting | undefined;
  next: Waiting | undefined;
  #list: WaitingCallbacks | undefined;

  constructor(list: WaitingCallbacks, callback: () => void, previous: Waiting | undefined) {
    this.callback = callback;
    this.#list = list;
    this.previous = previous;
    this.next = undefined;
  }

  remove(): void {
    const list = this.#list;
    this.#list = undefined;
    list?.unlink(this);
  }
}
