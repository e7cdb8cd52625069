import { readdir, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { StoreError } from "@borgstore/core";
import { walkDirectory, type Tree, type WalkOptions } from "./walk-directory.ts";

/** A directory and all that is in it. */
export interface ChosenDirectory {
  readonly directory: string;
  readonly tree: Tree;
}

/** As many files make a demonstration worth looking at. */
const enoughFiles = 5000;

/** Seen from `dist/` and from `src/`, the root of the repository is three directories up. */
const nodeModules = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** What to take where the repository has fewer files: what Unix systems have anyway. */
const fallbacks = ["/usr/share", "/usr/lib"];

/**
 * Walks the directory asked for, or else the first one with at least 5,000 files of: the repository's node_modules,
 * then a few of the system's. When none has so many, the first one that can be read.
 *
 * @throws StoreError `INVALID_ARGUMENT` when the one asked for is not a readable directory, or when there is
 *   no default.
 */
export async function chooseDirectory(
  asked: string | undefined,
  options: WalkOptions,
): Promise<ChosenDirectory> {
  if (asked !== undefined) {
    const directory = resolve(asked);
    return { directory, tree: await walkAsked(directory, options) };
  }
  let first: ChosenDirectory | undefined;
  for (const directory of [nodeModules, ...fallbacks]) {
    if (!(await isDirectory(directory))) continue;
    const chosen = { directory, tree: await walkDirectory(directory, options) };
    if (countFiles(chosen.tree) >= enoughFiles) return chosen;
    first ??= chosen;
  }
  if (first !== undefined) return first;
  throw new StoreError("INVALID_ARGUMENT", {
    detail: "no directory with many files found, name one: pnpm demo URL DIRECTORY",
  });
}

/**
 * Refuses what is not a readable directory.
 *
 * @throws StoreError `INVALID_ARGUMENT`.
 */
export async function checkDirectory(asked: string): Promise<void> {
  const directory = resolve(asked);
  try {
    await readdir(directory);
  } catch (error) {
    throw unreadable(directory, error);
  }
}

function unreadable(directory: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new StoreError("INVALID_ARGUMENT", {
    detail: `the directory ${directory} cannot be read: ${code}`,
    cause: error,
  });
}

async function walkAsked(directory: string, options: WalkOptions): Promise<Tree> {
  try {
    return await walkDirectory(directory, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw unreadable(directory, error);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return false;
  }
}

function countFiles(tree: Tree): number {
  return tree.entries.filter((entry) => entry.type === "file").length;
}
