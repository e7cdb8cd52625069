import { StoreError } from "@borgstore/core";
import { errnoOf } from "./classify.ts";
import type { FileCalls } from "./file-calls.ts";
import { prepareRetry } from "./store-file.ts";
import type { Tree } from "./tree.ts";

/**
 * Moves a file. Missing directories are made, but only when the source is there.
 *
 * @returns `false` when there is no such file
 */
export async function moveFile(
  calls: FileCalls,
  tree: Tree,
  path: string,
  newPath: string,
  ifAbsent: boolean,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    const source = await calls.lstat(path);
    if (source?.isDirectory() === true) throw new StoreError("IS_DIRECTORY");
    if (source?.isFile() !== true) return false;
    try {
      if (ifAbsent) {
        await calls.link(path, newPath);
        if (!(await unlinked(calls, path))) {
          // Another move took the source between the two steps: there must not be two objects of one.
          await unlinked(calls, newPath);
          return false;
        }
      } else {
        await calls.rename(path, newPath);
        if (source.nlink > 1) await removeSameFile(calls, path, newPath);
      }
      return true;
    } catch (error) {
      // Something else is the matter, or the source is gone: the next round tells.
      await prepareRetry(calls, tree, newPath, error, attempt);
    }
  }
}

/**
 * Finishes a rename onto another name of the same file, which by POSIX does nothing. There are two names for a
 * while when a move with `ifAbsent` was cut off half way.
 */
async function removeSameFile(calls: FileCalls, path: string, newPath: string): Promise<void> {
  const source = await calls.lstat(path);
  const target = await calls.lstat(newPath);
  if (source === undefined || source.ino !== target?.ino || source.dev !== target.dev) return;
  await unlinked(calls, path);
}

/** Removes a file; `false` when it was gone. */
async function unlinked(calls: FileCalls, path: string): Promise<boolean> {
  try {
    await calls.unlink(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}
