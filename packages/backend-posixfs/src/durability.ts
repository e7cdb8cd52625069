import { syncDirectory, syncFile, type RunSyncing } from "./fsync.ts";
import type { DurabilityOption } from "./options.ts";
import type { Tree } from "./tree.ts";
import { UnsyncedChanges } from "./unsynced-changes.ts";
import { UnsyncedDirectories } from "./unsynced-directories.ts";

/**
 * The one place that is told of every change in the storage, after it was made and before it is acknowledged; it
 * does what the durability option asks for. `undefined` as a result means that nothing is to be waited for.
 */
export class Durability {
  readonly option: DurabilityOption;
  readonly #tree: Tree;
  readonly #changes: UnsyncedChanges | undefined;
  readonly #directories: UnsyncedDirectories | undefined;

  constructor(option: DurabilityOption, tree: Tree, run: RunSyncing) {
    this.option = option;
    const syncer = {
      syncFile: (path: string) => syncFile(run, path),
      syncDirectory: (path: string) => run((calls) => syncDirectory(calls, path)),
      ancestorsOf: (path: string) => tree.ancestorsOf(path),
      parentOf: (path: string) => tree.parentOf(path),
    };
    this.#tree = tree;
    if (option === "sync") this.#changes = new UnsyncedChanges(syncer);
    if (option === "each")
      this.#directories = new UnsyncedDirectories(syncer.syncDirectory, syncer.ancestorsOf);
  }

  /** Whether files must be synced before they get their names. */
  get eachFile(): boolean {
    return this.option === "each";
  }

  /** Before a store: waits while there is too much that is not durable. */
  makeRoom(): Promise<void> | undefined {
    return this.#changes?.isFull === true ? this.#changes.makeRoom() : undefined;
  }

  /** A file has new content. */
  stored(path: string): Promise<void> | undefined {
    this.#changes?.stored(path);
    return this.#directories?.sync([this.#tree.parentOf(path)]);
  }

  /** A file is gone. */
  deleted(path: string): Promise<void> | undefined {
    this.#changes?.deleted(path);
    return this.#directories?.sync([this.#tree.parentOf(path)]);
  }

  /** A directory was made. */
  made(path: string): void {
    this.#changes?.changed(path);
    this.#directories?.made(path);
  }

  /** Something in a directory was made or removed. */
  changed(directory: string): Promise<void> | undefined {
    this.#changes?.changed(directory);
    return this.#directories?.sync([directory]);
  }

  /** A file is about to be moved. */
  beginMove(path: string, newPath: string): void {
    this.#changes?.beginMove(path, newPath);
  }

  /** A move has ended; the directories are those of the two paths. */
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

  /** Forgets everything: the storage was destroyed. */
  forget(): void {
    this.#changes?.forget();
    this.#directories?.forget();
  }

  /** Resolves when everything acknowledged before is as durable as the option says. */
  async sync(): Promise<void> {
    await this.#changes?.flush();
  }
}
