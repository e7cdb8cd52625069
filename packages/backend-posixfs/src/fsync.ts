import { errnoOf } from "./classify.ts";
import { directoryFlags, loadFlags, type FileCalls } from "./file-calls.ts";

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

/**
 * Syncing a file was begun and failed: the operating system may have dropped what it could not write, and forgets
 * the failure once it has been told. A later success of the same call proves nothing.
 */
export class ContentInDoubt extends Error {
  override readonly name = "ContentInDoubt";

  constructor(cause: unknown) {
    super("the content of a file may be lost", { cause });
  }
}

/** Runs calls of which fsync, at least, goes to the thread pool. */
export type RunSyncing = <T>(work: (calls: FileCalls) => Promise<T>) => Promise<T>;

/**
 * Makes a file's content durable.
 *
 * @returns `false` when there is no such file (any more)
 * @throws ContentInDoubt when the file was open and could not be synced, or not in time. Any other error means that
 *   it was not opened: trying again is fine.
 */
export async function syncFile(run: RunSyncing, path: string): Promise<boolean> {
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
