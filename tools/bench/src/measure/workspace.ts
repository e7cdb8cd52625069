import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileSystemOf } from "./machine.ts";

/** Fresh directories for the subjects of a run, in one directory that is removed at the end. */
export class Workspace implements Disposable {
  readonly fileSystem: string;
  readonly #root: string;
  #made = 0;
  readonly #remove = (): void => rmSync(this.#root, { recursive: true, force: true });

  /** @param parent an existing directory on the file system to be measured. */
  constructor(parent: string) {
    this.#root = mkdtempSync(join(parent, "borgstore-bench-"));
    this.fileSystem = fileSystemOf(this.#root);
    // For a run that is interrupted.
    process.once("exit", this.#remove);
  }

  /** Makes a directory that nobody used before. */
  makeDirectory(): string {
    const directory = join(this.#root, String(this.#made++));
    mkdirSync(directory);
    return directory;
  }

  /** The path of a directory that does not exist yet, for subjects that make their own. */
  nameDirectory(): string {
    return join(this.#root, String(this.#made++));
  }

  /**
   * Removes a directory that is no longer needed: at once in memory; elsewhere at the end of the run, because
   * ext4 makes new files ten times slower for minutes after many were deleted.
   */
  discard(directory: string): void {
    if (this.fileSystem === "tmpfs") rmSync(directory, { recursive: true, force: true });
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#remove);
    this.#remove();
  }
}
