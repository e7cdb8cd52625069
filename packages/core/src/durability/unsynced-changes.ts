import { delay } from "../abort.ts";
import { forEachConcurrently } from "../for-each-concurrently.ts";
import { ContentInDoubt } from "./content-in-doubt.ts";
import { FilesInDoubt } from "./files-in-doubt.ts";
import type { Syncer } from "./syncer.ts";

const concurrency = 16;
// Sorting takes up to half a microsecond each: so many do not hold up the event loop.
const sortedAtOnce = 2048;

/**
 * Remembers what was changed and is not durable yet, for durability `"sync"`: paths of files with unsynced
 * content, and of directories with unsynced entries. A file that is moved is followed to its new name; what is
 * deleted needs no syncing but that of its directory. A file whose syncing failed is in doubt until it is stored
 * again or deleted, and as long nothing is called durable.
 *
 * Stores and deletes are written down as they come and sorted when somebody wants to know: putting a path into a
 * set takes an eighth of the time of deleting the file.
 */
export class UnsyncedChanges {
  readonly #syncer: Syncer;
  readonly #limit: number;
  /** What happened and is not sorted yet: the path of each stored file, that of each deleted one after `undefined`. */
  #log: (string | undefined)[] = [];
  /** Number of entries at the beginning of the log that are sorted already. */
  #sortedCount = 0;
  /** Files with unsynced content. Their directories have unsynced entries, without being noted. */
  #files = new Set<string>();
  /** Other directories with unsynced entries. */
  #directories = new Set<string>();
  /** Files that the flush under way has taken; it may have looked for any of them already. */
  #flushing: ReadonlySet<string> = new Set();
  /** Those of them that were deleted or moved away meanwhile. */
  readonly #gone = new Set<string>();
  readonly #doubt: FilesInDoubt;
  /** New names of files that were moved while a flush may be looking for the old ones. */
  readonly #movedTo = new Map<string, string>();
  #movesUnderWay = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param limit number of changes from which {@link makeRoom} has something to do */
  constructor(syncer: Syncer, limit = 65_536) {
    this.#syncer = syncer;
    this.#limit = limit;
    this.#doubt = new FilesInDoubt(limit, (error) => syncer.classify(error));
  }

  /** Number of changes that are remembered and to be synced; how many paths are concerned is not known yet. */
  get size(): number {
    return this.#files.size + this.#directories.size + this.#log.length - this.#sortedCount;
  }

  get isFull(): boolean {
    return this.size >= this.#limit;
  }

  /** Before a change while {@link isFull}: makes durable what there is, so that memory stays bounded. */
  async makeRoom(): Promise<void> {
    while (this.isFull) {
      // It may all concern a few paths.
      await this.#sortInSlices();
      if (!this.isFull) return;
      try {
        await this.flush();
      } catch (error) {
        // With room there is no reason to refuse the change, and what is in doubt will be told to those who sync.
        if (this.isFull) throw error;
      }
    }
  }

  /** Notes a file with new content. */
  stored(path: string): void {
    this.#log.push(path);
    if (!this.#doubt.isEmpty) this.#doubt.delete(path);
  }

  /** Notes a file that is gone. */
  deleted(path: string): void {
    this.#log.push(undefined, path);
    if (!this.#doubt.isEmpty) this.#doubt.delete(path);
    if (this.#flushing.size > 0 && this.#flushing.has(path)) this.#gone.add(path);
  }

  /** Notes a change of entries of `directory`. */
  changed(directory: string): void {
    this.#directories.add(directory);
  }

  /** To be called before a file gets a new name, and {@link endMove} after it, whatever came of it. */
  beginMove(path: string, newPath: string): void {
    this.#movesUnderWay++;
    this.#sort();
    if (this.#files.has(path) || this.#flushing.has(path)) this.#movedTo.set(path, newPath);
  }

  /** The directories of both names are noted by {@link changed}. */
  endMove(path: string, newPath: string, wasMoved: boolean): void {
    this.#movesUnderWay--;
    if (wasMoved) {
      this.#sort();
      const isFlushing = this.#flushing.has(path);
      const wasUnsynced = this.#files.delete(path) || isFlushing;
      if (isFlushing) this.#gone.add(path);
      this.#doubt.move(path, newPath);
      if (wasUnsynced) this.#files.add(newPath);
      else this.#files.delete(newPath);
    }
    this.#forgetMoves();
  }

  /**
   * Resolves when everything noted before the call is durable. What is noted meanwhile waits for the next call.
   * Calls that come while one is under way share the next one. What was not even tried stays noted.
   *
   * @throws StoreError while a file is in doubt; else the first error, when not everything could be synced.
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

  /** Forgets everything: the storage was destroyed. */
  forget(): void {
    this.#sort();
    this.#files.clear();
    this.#directories.clear();
    this.#doubt.clear();
  }

  async #flushNow(): Promise<void> {
    // Without waiting where that is not needed: then the flush is for what there is now, and no more.
    if (this.#log.length > sortedAtOnce) await this.#sortInSlices();
    this.#sort();
    const files = this.#files;
    const directories = new Set<string>();
    for (const directory of this.#directories) this.#addWithAncestors(directory, directories);
    this.#files = new Set();
    this.#directories = new Set();
    this.#flushing = files;
    const inFiles = await forEachConcurrently(files, concurrency, async (path) => {
      try {
        await this.#syncFile(path, directories);
      } catch (error) {
        if (error instanceof ContentInDoubt) this.#noteDoubt(path, error.cause);
        else this.#files.add(path);
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
    this.#gone.clear();
    this.#forgetMoves();
    const lasting = this.#doubt.failure;
    if (lasting !== undefined) throw lasting;
    const failure = inFiles ?? inDirectories;
    if (failure === undefined) return;
    // It was stored again or deleted meanwhile: only this flush has failed.
    throw failure.error instanceof ContentInDoubt ? failure.error.cause : failure.error;
  }

  /**
   * Puts a file in doubt, under the name that it has by now. Where a store came meanwhile, nobody knows which of
   * the two contents was meant: then it is in doubt as well.
   */
  #noteDoubt(path: string, cause: unknown): void {
    this.#sort();
    for (const name of this.#namesOf(path)) {
      const isThere = this.#files.has(name) || (this.#flushing.has(name) && !this.#gone.has(name));
      if (isThere) this.#doubt.add(name, cause);
    }
  }

  /** The name of a file, and those that it was given by moves since. */
  *#namesOf(path: string): Generator<string, void, undefined> {
    const seen = new Set<string>();
    for (let at: string | undefined = path; at !== undefined && !seen.has(at); at = this.#movedTo.get(at)) {
      seen.add(at);
      yield at;
    }
  }

  /** Syncs a file under the name that it has by now, and notes the directories of all its names among `directories`. */
  async #syncFile(path: string, directories: Set<string>): Promise<void> {
    for (const at of this.#namesOf(path)) {
      this.#addWithAncestors(this.#syncer.parentOf(at), directories);
      if (await this.#syncer.syncFile(at)) return;
    }
  }

  /**
   * A directory is only durable with its own entry in the one above it, and that one likewise. Who made it does not
   * matter: another process may have, and not synced it.
   */
  #addWithAncestors(directory: string, all: Set<string>): void {
    if (all.has(directory)) return;
    all.add(directory);
    for (const ancestor of this.#syncer.ancestorsOf(directory)) all.add(ancestor);
  }

  /** Sorts what is in the log by now, or the next `count` entries of it. */
  #sort(count = Infinity): void {
    const end = Math.min(this.#log.length, this.#sortedCount + count);
    let at = this.#sortedCount;
    while (at < end) {
      const stored = this.#log[at++];
      if (stored !== undefined) {
        this.#files.add(stored);
        continue;
      }
      const deleted = this.#log[at++] as string;
      this.#files.delete(deleted);
      this.#directories.add(this.#syncer.parentOf(deleted));
    }
    this.#sortedCount = at;
    if (at < this.#log.length) return;
    this.#log = [];
    this.#sortedCount = 0;
  }

  /** The same for all of it, without holding up the event loop. */
  async #sortInSlices(): Promise<void> {
    while (this.#log.length - this.#sortedCount > sortedAtOnce) {
      this.#sort(sortedAtOnce);
      await (this.#syncer.nextTurn?.() ?? delay(0));
    }
    this.#sort();
  }

  #forgetMoves(): void {
    if (this.#movesUnderWay === 0 && this.#flushing.size === 0) this.#movedTo.clear();
  }
}
