import { onAbort } from "../abort-listeners.ts";
import { throwIfAborted } from "../abort.ts";
import type { CallSignal } from "../call-abort.ts";

interface Waiter {
  readonly amount: number;
  readonly resolve: () => void;
  previous: Waiter | undefined;
  next: Waiter | undefined;
}

/**
 * A number of slots (or bytes, or anything that there is so much of) and a queue for them: first come, first served.
 * One that asks for many is not overtaken by those who ask for few.
 */
export class Slots {
  readonly #total: number;
  #free: number;
  // A linked list, so that joining, leaving and being served take the same short time in a queue of any length.
  #first: Waiter | undefined;
  #last: Waiter | undefined;

  /** @param count an integer of at least 1, or Infinity */
  constructor(count: number) {
    this.#total = count;
    this.#free = count;
  }

  /**
   * Takes slots when they are free and nobody waits.
   *
   * @param amount of those that there are; more than all of them means all
   * @returns whether they were taken
   */
  tryAcquire(amount = 1): boolean {
    const wanted = Math.min(amount, this.#total);
    if (this.#first !== undefined || this.#free < wanted) return false;
    this.#free -= wanted;
    return true;
  }

  /**
   * Takes slots, at once or after all who asked before. Rejects with `signal.reason`, and leaves the queue, when
   * aborted.
   *
   * @param amount as for {@link tryAcquire}
   */
  async acquire(signal?: CallSignal, amount = 1): Promise<void> {
    throwIfAborted(signal);
    if (this.tryAcquire(amount)) return;
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        amount: Math.min(amount, this.#total),
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
        // It may have been the one that kept smaller ones waiting.
        this.#serve();
        reject(signal?.reason as Error);
      });
    });
  }

  /** Gives slots back, as many as were taken at once; those who wait longest have them then. */
  release(amount = 1): void {
    this.#free += Math.min(amount, this.#total);
    this.#serve();
  }

  #serve(): void {
    for (let first = this.#first; first !== undefined && first.amount <= this.#free; first = this.#first) {
      this.#free -= first.amount;
      this.#remove(first);
      first.resolve();
    }
  }

  #remove(waiter: Waiter): void {
    if (waiter.previous === undefined) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
  }
}
