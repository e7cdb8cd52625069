import type { Stats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { mapConcurrently } from "@borgstore/core";
import { decodePath, encodePath } from "./path-text.ts";
import type { TreeEntry } from "./tree-entry.ts";

/** Something that was left out, and why. */
export interface Skipped {
  readonly path: string;
  readonly reason: string;
  /** The code of the failed system call; `undefined` for what is left out on purpose. */
  readonly errno?: string | undefined;
}

/** All of a tree: its entries without the root itself, directories before what is in them. */
export interface Tree {
  readonly entries: readonly TreeEntry[];
  readonly skipped: readonly Skipped[];
}

/** Options of {@link walkDirectory}. */
export interface WalkOptions {
  readonly signal: AbortSignal;
  /** Directories to leave out, as {@link directoryId} names them: a storage is not backed up into itself. */
  readonly exclude?: ReadonlySet<string>;
}

/** Entries looked at, at a time; the file system calls run on four threads by default. */
const concurrency = 8;

/** The identity of a directory, whatever path leads to it. */
export async function directoryId(path: string): Promise<string> {
  return statsId(await lstat(path));
}

/**
 * Walks a tree without following links. The details of all entries are held in memory, about 200 bytes each.
 * What vanishes meanwhile is left out in silence; sockets, pipes and devices, and what cannot be read, are
 * reported in `skipped`. Rejects only with `signal.reason` or when the root itself cannot be read.
 */
export async function walkDirectory(root: string, options: WalkOptions): Promise<Tree> {
  const entries: TreeEntry[] = [];
  const skipped: Skipped[] = [];
  // A stack of directories yet to be read, so that depth costs no recursion.
  const directories = [""];
  while (directories.length > 0) {
    options.signal.throwIfAborted();
    const directory = directories.pop() as string;
    const names = await readNames(root, directory, skipped);
    const inside: string[] = [];
    const looks = mapConcurrently(names, concurrency, async (name) => {
      const path = directory === "" ? name : `${directory}/${name}`;
      return await lookAt(root, path, options.exclude);
    });
    for await (const look of looks) {
      if (look === undefined) continue;
      if ("reason" in look) {
        skipped.push(look);
      } else {
        entries.push(look);
        if (look.type === "directory") inside.push(look.path);
      }
    }
    for (const path of inside.toReversed()) directories.push(path);
  }
  return { entries, skipped };
}

async function readNames(root: string, directory: string, skipped: Skipped[]): Promise<string[]> {
  try {
    const names = await readdir(encodePath(directory === "" ? root : `${root}/${directory}`), {
      encoding: "buffer",
    });
    return names.sort((a, b) => Buffer.compare(a, b)).map((name) => decodePath(name));
  } catch (error) {
    if (directory === "") throw error;
    const failure = failedLook(directory, error);
    if (failure !== undefined) skipped.push(failure);
    return [];
  }
}

/** Looks at one entry; `undefined` when there is none. */
export async function lookAt(
  root: string,
  path: string,
  exclude: ReadonlySet<string> | undefined,
): Promise<TreeEntry | Skipped | undefined> {
  try {
    const bytes = encodePath(`${root}/${path}`);
    const stats = await lstat(bytes);
    const seen = { path, mode: stats.mode & 0o7777, modifiedAtMs: stats.mtimeMs, changedAtMs: stats.ctimeMs };
    if (stats.isFile()) return { ...seen, type: "file", size: stats.size };
    if (stats.isSymbolicLink()) {
      const target = decodePath(await readlink(bytes, { encoding: "buffer" }));
      return { ...seen, type: "link", size: 0, target };
    }
    if (!stats.isDirectory()) return { path, reason: "neither file, directory nor link" };
    if (exclude?.has(statsId(stats)) === true) return { path, reason: "belongs to the demo itself" };
    return { ...seen, type: "directory", size: 0 };
  } catch (error) {
    return failedLook(path, error);
  }
}

/** Why something could not be looked at, or `undefined` when it has vanished. */
export function failedLook(path: string, error: unknown): Skipped | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return code === "ENOENT" ? undefined : { path, reason: message, errno: code };
}

function statsId(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`;
}
