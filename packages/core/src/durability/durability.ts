import type { Syncer } from "./syncer.ts";
import { UnsyncedChanges } from "./unsynced-changes.ts";
import { UnsyncedDirectories } from "./unsynced-directories.ts";

/**
 * When what was acknowledged survives a crash of the machine. `"sync"`: when `sync()` or `close()` has resolved.
 * `"each"`: before it is acknowledged. `"none"`: when the system that has the files gets to it. A crash of the process
 * alone loses nothing in any mode and leaves no partial value. A crash of the machine may leave a value cut off
 * that was acknowledged and not durable yet; with `"each"` it never does. See docs/durability.md.
 */
export type DurabilityOption = "sync" | "each" | "none";

/**
 * The one place that a backend over files tells of every change in the storage, and that does what the durability
 * option asks for: for drivers whose medium acknowledges writes before they are durable, and can be asked to sync.
 * One per driver, kept over `close`: what failed to become durable is not forgotten by it.
 *
 * Each call is made after the change was made and before it is acknowledged, `made` at once after the directory was
 * made and `beginMove` before the move; a result is awaited, `undefined` means that nothing is to be waited for.
 * What rejects is the backend's own failure of syncing, except for files in doubt (see `sync`).
 *
 * With `"sync"` changes are noted and made durable by `sync()`. Noting a store or delete takes no lookup, no set and
 * no promise. No more than 65,536 changes are noted: then `makeRoom` syncs before there are more. With `"each"` each
 * change is synced by the call that reports it; the backend itself syncs the content of a file before that gets its
 * name. With `"none"` nothing is done.
 */
export class Durability {
  /** As given. */
  readonly option: DurabilityOption;
  readonly #syncer: Syncer;
  readonly #changes: UnsyncedChanges | undefined;
  readonly #directories: UnsyncedDirectories | undefined;

  /** No I/O. */
  constructor(option: DurabilityOption, syncer: Syncer) {
    this.option = option;
    this.#syncer = syncer;
    if (option === "sync") this.#changes = new UnsyncedChanges(syncer);
    if (option === "each") this.#directories = new UnsyncedDirectories(syncer);
  }

  /** Whether the backend must sync the content of a file before it gives it its name. */
  get eachFile(): boolean {
    return this.option === "each";
  }

  /** Whether {@link makeRoom} has something to do. */
  get isFull(): boolean {
    return this.#changes?.isFull === true;
  }

  /**
   * Before a store: waits while there is too much that is not durable, and makes it so.
   *
   * @throws what syncing failed with, when there is no room after it: then the store is refused.
   */
  makeRoom(): Promise<void> | undefined {
    return this.isFull ? this.#changes?.makeRoom() : undefined;
  }

  /** A file has new content: it was made or replaced. */
  stored(path: string): Promise<void> | undefined {
    this.#changes?.stored(path);
    return this.#directories?.sync([this.#syncer.parentOf(path)]);
  }

  /** A file is gone. */
  deleted(path: string): Promise<void> | undefined {
    this.#changes?.deleted(path);
    return this.#directories?.sync([this.#syncer.parentOf(path)]);
  }

  /** A directory was made: to be called before anything can have been stored in it, and never waits. */
  made(path: string): void {
    this.#changes?.changed(path);
    this.#directories?.made(path);
  }

  /** Something in a directory was made or removed, other than by `stored` and `deleted`. */
  changed(directory: string): Promise<void> | undefined {
    this.#changes?.changed(directory);
    return this.#directories?.sync([directory]);
  }

  /** A file is about to be moved; {@link endMove} must follow, whatever comes of it. */
  beginMove(path: string, newPath: string): void {
    this.#changes?.beginMove(path, newPath);
  }

  /**
   * A move has ended.
   *
   * @param directories those of the two paths, in the order in which they are to be synced
   * @param wasMoved `false` when it failed, or there was nothing to move
   */
  endMove(
    path: string,
    newPath: string,
    directories: readonly string[],
    wasMoved: boolean,
  ): Promise<void> | undefined {
    this.#changes?.endMove(path, newPath, wasMoved);
    if (!wasMoved) return undefined;
    for (const directory of directories) this.#changes?.changed(directory);
    return this.#directories?.sync(directories);
  }

  /** Forgets everything, also what is in doubt: the storage was destroyed. */
  forget(): void {
    this.#changes?.forget();
    this.#directories?.forget();
  }

  /**
   * Resolves when everything acknowledged before the call is as durable as the option says. Calls that come while
   * one is under way share the next one.
   *
   * @throws StoreError with the code of what failed, not retryable, as long as a file is in doubt: one whose syncing
   *   failed with `ContentInDoubt`, until it is stored again or deleted. Else the first failure of the syncer as it
   *   came, when not everything could be synced; the next call tries again.
   */
  async sync(): Promise<void> {
    await this.#changes?.flush();
  }
}
