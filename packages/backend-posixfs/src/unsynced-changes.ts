import { forEachConcurrently } from "./concurrently.ts";

/** Does the syncing for {@link UnsyncedChanges}; each resolves to `false` when there is no such path any more. */
export interface Syncer {
  syncFile(path: string): Promise<boolean>;
  syncDirectory(path: string): Promise<boolean>;
  /** The directories above a path, the storage's own last. */
  ancestorsOf(path: string): readonly string[];
}

const concurrency = 16;

/**
 * Remembers what was changed and is not durable yet, for durability `"sync"`: paths of files with unsynced
 * content, and of directories with unsynced entries. A file that is moved is followed to its new name; what is
 * deleted needs no syncing but that of its directory.
 */
export class UnsyncedChanges {
  readonly #syncer: Syncer;
  readonly #limit: number;
  #files = new Set<string>();
  #directories = new Set<string>();
  /** Files that the flush under way has taken; it may have looked for any of them already. */
  #flushing: ReadonlySet<string> = new Set();
  /** New names of files that were moved while a flush may be looking for the old ones. */
  readonly #movedTo = new Map<string, string>();
  #movesUnderWay = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param limit number of paths from which {@link makeRoom} has something to do */
  constructor(syncer: Syncer, limit = 65_536) {
    this.#syncer = syncer;
    this.#limit = limit;
  }

  /** Number of paths that are remembered. */
  get size(): number {
    return this.#files.size + this.#directories.size;
  }

  get isFull(): boolean {
    return this.size >= this.#limit;
  }

  /** Before a change while {@link isFull}: makes durable what there is, so that memory stays bounded. */
  async makeRoom(): Promise<void> {
    while (this.isFull) await this.flush();
  }

  /** Notes a file with new content, in `directory`. */
  stored(path: string, directory: string): void {
    this.#files.add(path);
    this.#directories.add(directory);
  }

  /** Notes a file that is gone from `directory`. */
  deleted(path: string, directory: string): void {
    this.#files.delete(path);
    this.#directories.add(directory);
  }

  /** Notes a change of entries of `directory`. */
  changed(directory: string): void {
    this.#directories.add(directory);
  }

  /** To be called before a file gets a new name, and {@link endMove} after it, whatever came of it. */
  beginMove(path: string, newPath: string): void {
    this.#movesUnderWay++;
    if (this.#files.has(path) || this.#flushing.has(path)) this.#movedTo.set(path, newPath);
  }

  endMove(path: string, newPath: string, wasMoved: boolean): void {
    this.#movesUnderWay--;
    if (wasMoved) {
      const wasUnsynced = this.#files.delete(path) || this.#flushing.has(path);
      if (wasUnsynced) this.#files.add(newPath);
      else this.#files.delete(newPath);
    }
    this.#forgetMoves();
  }

  /**
   * Resolves when everything noted before the call is durable. What is noted meanwhile waits for the next call.
   * Calls that come while one is under way share the next one. What could not be synced stays noted.
   */
  flush(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#flushNow().finally(() => (this.#running = undefined));
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => undefined) // Its own callers are told; what failed is noted again and tried again here.
      .then(() => {
        this.#next = undefined;
        return this.flush();
      });
    return this.#next;
  }

  async #flushNow(): Promise<void> {
    const files = this.#files;
    const directories = this.#withAncestors(this.#directories);
    this.#files = new Set();
    this.#directories = new Set();
    this.#flushing = files;
    const inFiles = await forEachConcurrently(files, concurrency, async (path) => {
      try {
        await this.#syncFile(path, directories);
      } catch (error) {
        this.#files.add(path);
        throw error;
      }
    });
    const inDirectories = await forEachConcurrently(directories, concurrency, async (path) => {
      try {
        await this.#syncer.syncDirectory(path);
      } catch (error) {
        this.#directories.add(path);
        throw error;
      }
    });
    this.#flushing = new Set();
    this.#forgetMoves();
    const failure = inFiles ?? inDirectories;
    if (failure !== undefined) throw failure.error;
  }

  /** Syncs a file under the name that it has by now, and notes the directories of a new name among `directories`. */
  async #syncFile(path: string, directories: Set<string>): Promise<void> {
    const seen = new Set<string>();
    for (let at: string | undefined = path; at !== undefined && !seen.has(at); at = this.#movedTo.get(at)) {
      if (at !== path) for (const ancestor of this.#syncer.ancestorsOf(at)) directories.add(ancestor);
      if (await this.#syncer.syncFile(at)) return;
      seen.add(at);
    }
  }

  /**
   * A directory is only durable with its own entry in the one above it, and that one likewise. Who made it does not
   * matter: another process may have, and not synced it.
   */
  #withAncestors(directories: ReadonlySet<string>): Set<string> {
    const all = new Set<string>();
    for (const directory of directories) {
      all.add(directory);
      for (const ancestor of this.#syncer.ancestorsOf(directory)) all.add(ancestor);
    }
    return all;
  }

  #forgetMoves(): void {
    if (this.#movesUnderWay === 0 && this.#flushing.size === 0) this.#movedTo.clear();
  }
}
