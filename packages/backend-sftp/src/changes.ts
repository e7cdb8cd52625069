import { Durability, StoreError, type DurabilityOption } from "@borgstore/core";
import { makeSyncer, type WithSession } from "./syncer.ts";
import type { Tree } from "./tree.ts";

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
  readonly #tree: Tree;
  readonly #withSession: WithSession;
  #durability: Durability;
  /** Directories of changes without an answer, for durability `"each"`: who repeats one may find it done. */
  readonly #owed = new Set<string>();

  constructor(option: DurabilityOption, tree: Tree, withSession: WithSession) {
    this.#tree = tree;
    this.#withSession = withSession;
    this.#durability = this.#make(option);
  }

  get durability(): Durability {
    return this.#durability;
  }

  /** The server cannot sync: it is left to itself. */
  giveUp(): void {
    this.#durability = this.#make("none");
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
    if (this.#owed.size > 0) await this.#settle();
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
    const syncer = makeSyncer(this.#tree, this.#withSession);
    for (const directory of this.#owed) {
      await syncer.syncDirectory(directory);
      this.#owed.delete(directory);
    }
  }

  #make(option: DurabilityOption): Durability {
    return new Durability(option, makeSyncer(this.#tree, this.#withSession));
  }
}
