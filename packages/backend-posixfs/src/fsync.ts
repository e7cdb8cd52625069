import { ContentInDoubt, type Syncer } from "@borgstore/core";
import { classify, errnoOf } from "./classify.ts";
import { directoryFlags, loadFlags, type FileCalls } from "./file-calls.ts";
import { nextTurn } from "./gate.ts";
import type { Tree } from "./tree.ts";

/** What file systems answer that cannot sync a directory (SMB, some FUSE, Windows), or do not let us open it. */
const directorySyncUnsupported = new Set([
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
  "EACCES",
  "EBADF",
  "EISDIR",
]);

/** Runs calls of which fsync, at least, goes to the thread pool. */
export type RunSyncing = <T>(work: (calls: FileCalls) => Promise<T>) => Promise<T>;

/** What the tracking of unsynced changes needs from a directory of this machine. */
export function makeSyncer(tree: Tree, run: RunSyncing): Syncer {
  return {
    syncFile: (path) => syncFile(run, path),
    syncDirectory: (path) => run((calls) => syncDirectory(calls, path)),
    ancestorsOf: (path) => tree.ancestorsOf(path),
    parentOf: (path) => tree.parentOf(path),
    classify: (error) => classify(error),
    nextTurn,
  };
}

/**
 * Makes a file's content durable.
 *
 * @returns `false` when there is no such file (any more)
 * @throws ContentInDoubt when the file was open and could not be synced, or not in time. Any other error means that
 *   it was not opened: trying again is fine.
 */
async function syncFile(run: RunSyncing, path: string): Promise<boolean> {
  let isOpen = false;
  try {
    return await run(async (calls) => {
      const fd = await openToSync(calls, path, loadFlags);
      if (fd === undefined) return false;
      isOpen = true;
      await syncAndClose(calls, fd);
      return true;
    });
  } catch (error) {
    throw isOpen ? new ContentInDoubt(error) : error;
  }
}

/**
 * Makes the entries of a directory durable: files and directories made in it, moved and deleted. As well as it
 * can be done: some file systems have no such call, and then there is nothing more to do. Unlike that of a file,
 * a failure may be tried again: it is the journal that could not be written, and file systems stop then.
 *
 * @returns `false` when there is no such directory (any more)
 */
export async function syncDirectory(calls: FileCalls, path: string): Promise<boolean> {
  try {
    const fd = await openToSync(calls, path, directoryFlags);
    if (fd === undefined) return false;
    await syncAndClose(calls, fd);
    return true;
  } catch (error) {
    if (directorySyncUnsupported.has(errnoOf(error) ?? "")) return true;
    throw error;
  }
}

async function openToSync(calls: FileCalls, path: string, flags: number): Promise<number | undefined> {
  try {
    return await calls.open(path, flags);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw error;
  }
}

async function syncAndClose(calls: FileCalls, fd: number): Promise<void> {
  try {
    await calls.fsync(fd);
  } finally {
    await calls.close(fd);
  }
}
