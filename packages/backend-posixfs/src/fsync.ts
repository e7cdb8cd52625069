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
 * Makes a file's content durable.
 *
 * @returns `false` when there is no such file (any more)
 */
export async function syncFile(calls: FileCalls, path: string): Promise<boolean> {
  return await syncPath(calls, path, loadFlags);
}

/**
 * Makes the entries of a directory durable: files and directories made in it, moved and deleted. As well as it
 * can be done: some file systems have no such call, and then there is nothing more to do.
 *
 * @returns `false` when there is no such directory (any more)
 */
export async function syncDirectory(calls: FileCalls, path: string): Promise<boolean> {
  try {
    return await syncPath(calls, path, directoryFlags);
  } catch (error) {
    if (directorySyncUnsupported.has(errnoOf(error) ?? "")) return true;
    throw error;
  }
}

async function syncPath(calls: FileCalls, path: string, flags: number): Promise<boolean> {
  let fd: number;
  try {
    fd = await calls.open(path, flags);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return false;
    throw error;
  }
  try {
    await calls.fsync(fd);
  } finally {
    await calls.close(fd);
  }
  return true;
}
