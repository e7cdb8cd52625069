import { Slots, type CallSignal } from "@borgstore/core";

interface Lock {
  readonly slots: Slots;
  users: number;
}

/** Lets one piece of work at a time have a name, first come, first served. */
export class NameLocks {
  readonly #locks = new Map<string, Lock>();

  /**
   * Runs the work when nobody else has any of the names, which are taken in one order by all. Rejects with the signal's
   * reason when that is aborted while it waits.
   */
  async run<T>(names: readonly string[], signal: CallSignal | undefined, work: () => Promise<T>): Promise<T> {
    const taken: string[] = [];
    try {
      for (const name of [...new Set(names)].sort()) {
        await this.#take(name, signal);
        taken.push(name);
      }
      return await work();
    } finally {
      for (const name of taken) this.#give(name);
    }
  }

  async #take(name: string, signal: CallSignal | undefined): Promise<void> {
    const lock = this.#locks.get(name) ?? { slots: new Slots(1), users: 0 };
    this.#locks.set(name, lock);
    lock.users++;
    try {
      await lock.slots.acquire(signal);
    } catch (error) {
      this.#leave(name, lock);
      throw error;
    }
  }

  #give(name: string): void {
    const lock = this.#locks.get(name);
    lock?.slots.release();
    if (lock !== undefined) this.#leave(name, lock);
  }

  #leave(name: string, lock: Lock): void {
    lock.users--;
    if (lock.users === 0) this.#locks.delete(name);
  }
}
