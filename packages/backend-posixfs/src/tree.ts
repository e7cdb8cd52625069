import { StoreError } from "@borgstore/core";
import * as fs from "node:fs";
import { classify, errnoOf } from "./classify.ts";
import { directoryMode, type FileCalls } from "./file-calls.ts";

/** Attempts at something that another process keeps undoing, as a directory that is removed while it is empty. */
export const raceAttempts = 32;

/** The directory of a storage, and where names are in it. */
export class Tree {
  readonly base: string;
  readonly #prefix: string;
  readonly #onMade: (path: string) => void;

  /**
   * @param base an absolute path without a slash at its end, but for that of a root
   * @param onMade told the path of each directory at once when it was made
   */
  constructor(base: string, onMade: (path: string) => void) {
    this.base = base;
    this.#onMade = onMade;
    this.#prefix = base.endsWith("/") ? base : `${base}/`;
  }

  /** The path of a name; of the storage itself for `""`. */
  pathOf(name: string): string {
    return name === "" ? this.base : this.#prefix + name;
  }

  /** The path of the directory above a path in the storage. */
  parentOf(path: string): string {
    return path.slice(0, Math.max(path.lastIndexOf("/"), this.#prefix.length - 1)) || "/";
  }

  /** The directories above a path, the storage's own last. */
  ancestorsOf(path: string): string[] {
    const found: string[] = [];
    for (let at = path; at.length > this.base.length; found.push(at)) at = this.parentOf(at);
    return found;
  }

  /**
   * Makes a directory and the missing ones above it, but never the storage's own: when that is gone, so is the
   * storage (or its disk), and making it anew would hide that.
   *
   * @throws StoreError `BACKEND_NOT_FOUND`; `NOT_A_DIRECTORY` when an object is in the way.
   */
  async makeDirectories(calls: FileCalls, path: string): Promise<void> {
    for (let attempt = 1; attempt <= raceAttempts; attempt++) {
      if (path === this.base) {
        await this.#mustExist(calls);
        return;
      }
      const problem = await problemOfMaking(calls, path);
      if (problem === undefined) {
        this.#onMade(path);
        return;
      }
      if (problem === "EEXIST") {
        await this.#mustBeDirectory(calls, path);
        return;
      }
      await this.makeDirectories(calls, this.parentOf(path));
    }
    throw new StoreError("UNAVAILABLE", { detail: "directories are removed as fast as they are made" });
  }

  /**
   * Makes a directory and the missing ones above it by synchronous calls, but never the storage's own; what exists is
   * fine. Fails as mkdir does where somebody else is at work there, or the storage is gone.
   */
  makeDirectoriesSync(path: string): void {
    for (let isSecond = false; ; isSecond = true) {
      try {
        fs.mkdirSync(path, directoryMode);
        break;
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === "EEXIST") return;
        const parent = this.parentOf(path);
        if (isSecond || errno !== "ENOENT" || parent === this.base) throw error;
        this.makeDirectoriesSync(parent);
      }
    }
    this.#onMade(path);
  }

  async #mustExist(calls: FileCalls): Promise<void> {
    const found = await calls.stat(this.base);
    if (found?.isDirectory() === true) return;
    throw new StoreError("BACKEND_NOT_FOUND", { detail: `${this.base} is gone` });
  }

  async #mustBeDirectory(calls: FileCalls, path: string): Promise<void> {
    // Followed, because a linked namespace can be allowed. Gone again is the caller's business, who retries.
    const found = await calls.stat(path);
    if (found?.isDirectory() === false) {
      throw new StoreError("NOT_A_DIRECTORY", { detail: "an object is where a directory should be" });
    }
  }

  /** The error for a name that is not there: whether only the object is missing, or the storage. */
  async notFound(calls: FileCalls, name: string, cause: unknown): Promise<StoreError> {
    try {
      await this.#mustExist(calls);
    } catch (error) {
      return classify(error, name);
    }
    return new StoreError("NOT_FOUND", { key: name, cause });
  }
}

/** Makes one directory, or tells which of the two expected problems there was. */
async function problemOfMaking(calls: FileCalls, path: string): Promise<"EEXIST" | "ENOENT" | undefined> {
  try {
    await calls.mkdir(path);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EEXIST" || errno === "ENOENT") return errno;
    throw error;
  }
}
