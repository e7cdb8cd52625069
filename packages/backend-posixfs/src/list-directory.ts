import {
  forEachConcurrently,
  isValidName,
  maxNameLength,
  type Awaitable,
  type ItemInfo,
} from "@borgstore/core";
import * as fs from "node:fs";
import { errnoOf } from "./classify.ts";
import type { FileAccess } from "./file-access.ts";
import { addSpent, mustYield, nextTurn, nowMs } from "./gate.ts";
import { describe, kindOf, readEntries, readManyEntries } from "./read-entries.ts";
import { lstatSync } from "./sync-calls.ts";

const pageLength = 1000;
const statsAtOnce = 16;
// From here on a directory is read in parts, because reading it whole would hold up the event loop.
const manyEntries = 2048;
const bytesOfManyEntries = 64 * 1024;

/** How to list a directory. */
export interface Listing {
  readonly access: FileAccess;
  /** Name of the directory. */
  readonly name: string;
  /** Its path, without a slash at its end. */
  readonly path: string;
  /** Size of the directory itself in bytes, which tells whether it is large. */
  readonly directoryBytes: number;
  readonly recursive: boolean;
  readonly sizes: boolean;
  /** Whether links to directories in this directory (not below) count as directories. */
  readonly followLinks: boolean;
  readonly signal: AbortSignal | undefined;
}

interface Frame {
  readonly path: string;
  /** Relative path of the directory with a slash at its end; `""` for the one listed. */
  readonly prefix: string;
  /** Entries in the contract's order; directories end in a slash. */
  readonly keys: readonly string[];
  position: number;
}

/**
 * Walks a directory and yields pages in the contract's order: up to 1,000 items, or as many as were found in the
 * time that the event loop allows, so that the first ones come early. Links, pipes and devices are left out, as
 * is what vanishes meanwhile. Held are the names of the directories above the current position.
 *
 * @throws the operating system's error when the directory itself, or one below that is there, cannot be read.
 */
export class DirectoryLister {
  readonly #listing: Listing;
  #expectsMany: boolean;

  constructor(listing: Listing) {
    this.#listing = listing;
    this.#expectsMany = listing.directoryBytes > bytesOfManyEntries;
  }

  async *pages(): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    const { name, path, recursive, sizes, followLinks, signal } = this.#listing;
    // How many characters a relative name may have so that the whole is still a valid name.
    const room = name === "" ? maxNameLength : maxNameLength - name.length - 1;
    const stack: Frame[] = [{ path, prefix: "", keys: await this.#keysOf(path, followLinks), position: 0 }];
    let page: ItemInfo[] = [];
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const key = frame.keys[frame.position++];
      if (key === undefined) {
        stack.pop();
      } else if (!key.endsWith("/")) {
        page.push({ name: frame.prefix + key, exists: true, size: -1, isDirectory: false });
      } else if (!recursive) {
        page.push({ name: key.slice(0, -1), exists: true, size: 0, isDirectory: true });
      } else {
        const entering = this.#enter(frame, key.slice(0, -1), room);
        // Not awaited when it is there already: that is a twentieth of a listing of many small directories.
        const below = entering instanceof Promise ? await entering : entering;
        if (below !== undefined) stack.push(below);
      }
      if (page.length >= pageLength || (page.length > 0 && mustYield())) {
        const found = page;
        page = [];
        yield sizes ? await this.#withSizes(found) : found;
        while (mustYield()) await nextTurn();
        if (signal?.aborted === true) throw signal.reason;
      }
    }
    if (page.length > 0) yield sizes ? await this.#withSizes(page) : page;
  }

  /** A subdirectory that can hold something to be shown; `undefined` for others, and for one that is gone. */
  #enter(frame: Frame, name: string, room: number): Awaitable<Frame | undefined> {
    const prefix = `${frame.prefix}${name}/`;
    if (prefix.length >= room || !isValidName(name)) return undefined;
    const path = `${frame.path}/${name}`;
    const keys = this.#keysAtOnce(path);
    return keys === undefined ? this.#enterLater(path, prefix) : frameOf(path, prefix, keys);
  }

  async #enterLater(path: string, prefix: string): Promise<Frame | undefined> {
    try {
      return frameOf(path, prefix, await this.#keysOf(path, false));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
      throw error;
    }
  }

  /** The keys of a small directory by one synchronous call; `undefined` where that is not to be made now, or has failed. */
  #keysAtOnce(path: string): readonly string[] | undefined {
    if (this.#expectsMany || this.#listing.access.mode.usesPool || mustYield()) return undefined;
    const startedMs = nowMs();
    try {
      return this.#keysAmong(fs.readdirSync(path, { withFileTypes: true }));
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    } finally {
      addSpent(nowMs() - startedMs);
    }
  }

  async #keysOf(path: string, followLinks: boolean): Promise<readonly string[]> {
    const entries =
      this.#expectsMany && !this.#listing.access.mode.usesPool
        ? await readManyEntries(path)
        : await this.#listing.access.run((calls) => readEntries(calls, path));
    if (!followLinks) return this.#keysAmong(entries);
    const linked: string[] = [];
    for (const entry of entries) {
      if (kindOf(entry) === undefined && (await this.#kindBehind(path, entry)) === "directory")
        linked.push(`${entry.name}/`);
    }
    return [...this.#keysAmong(entries), ...linked].sort();
  }

  #keysAmong(entries: readonly fs.Dirent[]): readonly string[] {
    // Directories side by side are mostly of one size.
    this.#expectsMany = entries.length > manyEntries;
    const keys: string[] = [];
    for (const entry of entries) {
      const kind = kindOf(entry);
      if (kind === "file") keys.push(entry.name);
      else if (kind === "directory") keys.push(`${entry.name}/`);
    }
    // Names that are shown are ASCII: for them the order of code units is that of the bytes.
    return keys.length > 1 ? keys.sort() : keys;
  }

  async #kindBehind(path: string, entry: fs.Dirent): Promise<"directory" | undefined> {
    if (!entry.isSymbolicLink()) return undefined;
    const target = await this.#listing.access.run(async (calls) => await calls.stat(`${path}/${entry.name}`));
    return target?.isDirectory() === true ? "directory" : undefined;
  }

  async #withSizes(page: readonly ItemInfo[]): Promise<readonly ItemInfo[]> {
    const found = this.#listing.access.mode.usesPool
      ? await this.#statsInPool(page)
      : await this.#statsInSlices(page);
    return found.filter((item) => item !== undefined);
  }

  async #statsInSlices(page: readonly ItemInfo[]): Promise<(ItemInfo | undefined)[]> {
    const found: (ItemInfo | undefined)[] = [];
    for (let at = 0; at < page.length; at += statsAtOnce) {
      while (mustYield()) await nextTurn();
      const startedMs = nowMs();
      for (const item of page.slice(at, at + statsAtOnce)) {
        found.push(
          item.isDirectory ? item : described(item, lstatSync(`${this.#listing.path}/${item.name}`)),
        );
      }
      addSpent(nowMs() - startedMs);
    }
    return found;
  }

  async #statsInPool(page: readonly ItemInfo[]): Promise<(ItemInfo | undefined)[]> {
    const found: (ItemInfo | undefined)[] = [...page];
    await this.#listing.access.run(async (calls) => {
      const failure = await forEachConcurrently(page.entries(), statsAtOnce, async ([index, item]) => {
        if (item.isDirectory) return;
        found[index] = described(item, await calls.lstat(`${this.#listing.path}/${item.name}`));
      });
      if (failure !== undefined) throw failure.error;
    });
    return found;
  }
}

function frameOf(path: string, prefix: string, keys: readonly string[]): Frame | undefined {
  return keys.length === 0 ? undefined : { path, prefix, keys, position: 0 };
}

/** The item with its size; `undefined` when the file is gone or has become something else. */
function described(item: ItemInfo, stats: Parameters<typeof describe>[1] | undefined): ItemInfo | undefined {
  return stats?.isFile() === true ? describe(item.name, stats) : undefined;
}
