import { onAbort } from "../abort-listeners.ts";
import { throwIfAborted } from "../abort.ts";

interface Waiter {
  readonly resolve: () => void;
  previous: Waiter | undefined;
  next: Waiter | undefined;
}

/** A number of slots and a queue for them: first come, first served. */
export class Slots {
  #free: number;
  // A linked list, so that joining, leaving and being served take the same short time in a queue of any length.
  #first: Waiter | undefined;
  #last: Waiter | undefined;

  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a slot, at once or after all who asked before. Rejects with `signal.reason`, and leaves the queue, when aborted. */
  async acquire(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        resolve: () => {
          aborting?.remove();
          resolve();
        },
        previous: this.#last,
        next: undefined,
      };
      if (this.#last === undefined) this.#first = waiter;
      else this.#last.next = waiter;
      this.#last = waiter;
      const aborting = onAbort(signal, () => {
        this.#remove(waiter);
        reject(signal?.reason as Error);
      });
    });
  }

  /** Gives a slot back; whoever waits longest has it then. */
  release(): void {
    const waiter = this.#first;
    if (waiter === undefined) {
      this.#free++;
    } else {
      this.#remove(waiter);
      waiter.resolve();
    }
  }

  #remove(waiter: Waiter): void {
    if (waiter.previous === undefined) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
  }
}
