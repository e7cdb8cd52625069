import { classify, errnoOf } from "../classify.ts";
import { FileLocks } from "./file-lock.ts";
import { TurnQueues } from "./turn-queues.ts";

/**
 * Claims of names by changes that must not meet: by a queue in this process, and by a lock file between processes.
 */
export class NameClaims {
  readonly #locks: FileLocks;
  readonly #onWeak: () => void;
  readonly #turns = new TurnQueues();

  /** @param onWeak told when a name could not be claimed between processes */
  constructor(locks: FileLocks, onWeak: () => void) {
    this.#locks = locks;
    this.#onWeak = onWeak;
  }

  /**
   * Waits for names and claims them; returns what gives them up. On a full disk, where there is no room for a lock,
   * names are claimed in this process only: deleting must still be possible.
   *
   * @throws StoreError as `FileLocks.acquire`.
   */
  async claim(names: readonly string[], signal: AbortSignal | undefined): Promise<() => Promise<void>> {
    // In one order for all, so that nobody waits for somebody who waits for him.
    const lockNames = [...new Set(names.map((name) => FileLocks.nameFor(name)))].sort();
    const undoing: (() => Promise<void>)[] = [];
    const release = async (): Promise<void> => {
      let failure: { readonly error: unknown } | undefined;
      for (const undo of undoing.toReversed()) {
        try {
          await undo();
        } catch (error) {
          failure ??= { error };
        }
      }
      if (failure !== undefined) throw classify(failure.error);
    };
    try {
      for (const lockName of lockNames) {
        const leave = await this.#turns.enter(lockName);
        undoing.push(async () => leave());
        await this.#lock(lockName, signal, undoing);
      }
    } catch (error) {
      await release();
      throw signal?.aborted === true ? error : classify(error);
    }
    return release;
  }

  async #lock(
    lockName: string,
    signal: AbortSignal | undefined,
    undoing: (() => Promise<void>)[],
  ): Promise<void> {
    try {
      const lock = await this.#locks.acquire(lockName, signal);
      undoing.push(() => lock.release());
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== "ENOSPC" && errno !== "EDQUOT") throw error;
      this.#onWeak();
    }
  }
}
