import { Durability, StoreError, type DurabilityOption, type Syncer } from "@borgstore/core";

/** What a change is about. */
export interface ChangedPaths {
  /** The file that has content under this path when the change was made. */
  readonly file?: string;
  /** Directories whose entries it changes. */
  readonly directories: readonly string[];
}

/**
 * Every change of the storage passes here, so that it becomes as durable as the option says, also when its answer was
 * lost with the connection: it may have been made, and whoever repeats it finds it done and acknowledges it.
 */
export class Changes {
  readonly #syncer: Syncer;
  #durability: Durability;
  /** Directories of changes without an answer, for durability `"each"`: who repeats one may find it done. */
  readonly #owed = new Set<string>();
  #settling: Promise<void> | undefined;

  constructor(option: DurabilityOption, syncer: Syncer) {
    this.#syncer = syncer;
    this.#durability = new Durability(option, syncer);
  }

  get durability(): Durability {
    return this.#durability;
  }

  /** The server cannot sync: it is left to itself. */
  giveUp(): void {
    this.#durability = new Durability("none", this.#syncer);
    this.#owed.clear();
  }

  /** Forgets everything: the storage was destroyed. */
  forget(): void {
    this.#durability.forget();
    this.#owed.clear();
  }

  /**
   * Runs a change, after what is owed. Unless it surely was not made, what it may have changed counts as changed when
   * it fails: its answer was lost, or nobody waited for it any more.
   */
  async attempt<T>(paths: ChangedPaths, work: () => Promise<T>): Promise<T> {
    if (this.#owed.size > 0 || this.#settling !== undefined) {
      this.#settling ??= this.#settle().finally(() => (this.#settling = undefined));
      await this.#settling;
    }
    try {
      return await work();
    } catch (error) {
      this.failed(error, paths);
      throw error;
    }
  }

  /** A change has failed; it may have been made all the same, unless the server has said no. */
  failed(error: unknown, paths: ChangedPaths): void {
    const wasRefused = StoreError.is(error) && (!error.retryable || error.unsent);
    if (!wasRefused) this.#note(paths);
  }

  #note({ file, directories }: ChangedPaths): void {
    if (this.#durability.option === "each") {
      for (const directory of directories) this.#owed.add(directory);
    } else {
      // With the other options noting is all that these do, and they wait for nothing.
      if (file !== undefined) void this.#durability.stored(file);
      for (const directory of directories) void this.#durability.changed(directory);
    }
  }

  async #settle(): Promise<void> {
    for (const directory of this.#owed) {
      // Before it is synced: what is owed anew meanwhile stays.
      this.#owed.delete(directory);
      try {
        await this.#syncer.syncDirectory(directory);
      } catch (error) {
        this.#owed.add(directory);
        throw error;
      }
    }
  }
}
