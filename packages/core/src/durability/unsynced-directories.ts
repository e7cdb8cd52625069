import type { Syncer } from "./syncer.ts";

/**
 * Directories that were made and whose entry in the directory above may not be durable yet, for durability
 * `"each"`: a store into a directory that another store has just made must not be acknowledged before that entry
 * is durable, although it did not make it itself.
 */
export class UnsyncedDirectories {
  readonly #syncer: Syncer;
  /** Directories with new subdirectories, with the time of the last one on a clock that never repeats. */
  readonly #changed = new Map<string, number>();
  #clock = 0;

  constructor(syncer: Syncer) {
    this.#syncer = syncer;
  }

  /** Notes that a directory was made; to be called before anybody can have stored in it. */
  made(path: string): void {
    const [parent] = this.#syncer.ancestorsOf(path);
    if (parent !== undefined) this.#changed.set(parent, ++this.#clock);
  }

  /** Resolves when the entries of the directories are durable, and the directories themselves where they are new. */
  async sync(directories: readonly string[]): Promise<void> {
    const wanted = new Set(directories);
    for (const directory of directories) {
      for (const ancestor of this.#syncer.ancestorsOf(directory)) {
        if (this.#changed.has(ancestor)) wanted.add(ancestor);
      }
    }
    await Promise.all(Array.from(wanted, (directory) => this.#sync(directory)));
  }

  /** Forgets everything: the storage was destroyed. */
  forget(): void {
    this.#changed.clear();
  }

  async #sync(directory: string): Promise<void> {
    const changedAt = this.#changed.get(directory);
    await this.#syncer.syncDirectory(directory);
    // Not when another subdirectory was made meanwhile: it may have come too late for this call.
    if (changedAt !== undefined && this.#changed.get(directory) === changedAt)
      this.#changed.delete(directory);
  }
}
