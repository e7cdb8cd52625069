import { StoreError, type StoreErrorCode } from "@borgstore/core";

interface ErrnoMeaning {
  readonly code: StoreErrorCode;
  readonly detail?: string;
  readonly retryable?: boolean;
}

const noObject = "what has this name is neither a file nor a directory";

/** What each error code of the operating system means, one row each. Anything else is `UNEXPECTED`. */
export const errnoMeanings: Readonly<Record<string, ErrnoMeaning>> = Object.freeze({
  ENOENT: { code: "NOT_FOUND" },
  EEXIST: { code: "ALREADY_EXISTS" },
  ENOTEMPTY: { code: "NOT_EMPTY" },
  EISDIR: { code: "IS_DIRECTORY" },
  ENOTDIR: { code: "NOT_A_DIRECTORY" },
  // The last component is never followed, so a link there is not an object.
  ELOOP: { code: "NOT_FOUND", detail: "symbolic links are not followed" },
  // Opening a socket, or reading a pipe at a position.
  ENXIO: { code: "NOT_FOUND", detail: noObject },
  ESPIPE: { code: "NOT_FOUND", detail: noObject },
  ENAMETOOLONG: { code: "INVALID_NAME", detail: "too long for this file system" },
  EILSEQ: { code: "INVALID_NAME", detail: "this file system does not take these characters" },
  EACCES: { code: "PERMISSION_DENIED", detail: "by the modes of the file or of a directory above it" },
  EPERM: { code: "PERMISSION_DENIED", detail: "by the operating system" },
  EROFS: { code: "PERMISSION_DENIED", detail: "the file system is mounted read-only" },
  ENOSPC: { code: "NO_SPACE", detail: "the file system is full, or has no inode left" },
  EDQUOT: { code: "QUOTA_EXCEEDED", detail: "the disk quota of this user or project" },
  EFBIG: { code: "UNSUPPORTED", detail: "the value is larger than this file system or process may write" },
  EMFILE: { code: "UNAVAILABLE", detail: "this process has too many open files; see ulimit -n" },
  ENFILE: { code: "UNAVAILABLE", detail: "this machine has too many open files" },
  ENOMEM: { code: "UNAVAILABLE", detail: "the kernel is out of memory" },
  EAGAIN: { code: "UNAVAILABLE" },
  EINTR: { code: "UNAVAILABLE" },
  EBUSY: { code: "UNAVAILABLE", detail: "the file is in use by something else" },
  ETXTBSY: { code: "UNAVAILABLE", detail: "the file is in use by something else" },
  ESTALE: { code: "UNAVAILABLE", detail: "the file was replaced on the file server" },
  ETIMEDOUT: { code: "TIMEOUT", detail: "the file server did not answer" },
  ECONNREFUSED: { code: "CONNECTION", detail: "to the file server" },
  ECONNRESET: { code: "CONNECTION", detail: "to the file server" },
  EHOSTDOWN: { code: "CONNECTION", detail: "to the file server" },
  EHOSTUNREACH: { code: "CONNECTION", detail: "to the file server" },
  ENOTCONN: { code: "CONNECTION", detail: "the mount has lost its file server or process" },
  EIO: { code: "UNEXPECTED", detail: "input/output error: the medium failed" },
  EXDEV: { code: "UNSUPPORTED", detail: "the store lies on several file systems" },
  EMLINK: { code: "UNSUPPORTED", detail: "the file system takes no more links to this file" },
  ENOSYS: { code: "UNSUPPORTED" },
  ENOTSUP: { code: "UNSUPPORTED" },
  EOPNOTSUPP: { code: "UNSUPPORTED" },
});

/** The operating system's code of an error, e.g. `"ENOENT"`; `undefined` when it has none. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || StoreError.is(error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

/** The store's error for one of the operating system's. What is a `StoreError` already is returned as it is. */
export function classify(error: unknown, key?: string): StoreError {
  if (StoreError.is(error)) return error;
  const errno = errnoOf(error);
  const meaning = errno === undefined ? undefined : errnoMeanings[errno];
  if (meaning === undefined) return new StoreError("UNEXPECTED", { key, cause: error });
  const { code, detail, retryable } = meaning;
  return new StoreError(code, { key, detail, retryable, cause: error });
}
