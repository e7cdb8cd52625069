import { constants, type Dirent, type Stats } from "node:fs";

/** A result that is there already or comes later; `await` takes both. */
type Awaitable<T> = T | Promise<T>;

// Windows has neither of the two flags, nor the file types that they guard against.
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

/** For a new temporary file: it must not exist. */
export const createFlags: number = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow;
/** For reading an object: no link, and no waiting for the other end of a pipe. */
export const loadFlags: number = constants.O_RDONLY | noFollow | nonBlocking;
/** For syncing a directory. */
export const directoryFlags: number = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);

export const fileMode = 0o600;
export const directoryMode = 0o777;

/**
 * The system calls that operations are made of, in a synchronous and in a thread-pool form. All fail with the
 * operating system's error, except that `lstat` and `stat` give `undefined` for what is not there.
 */
export interface FileCalls {
  open(path: string, flags: number, mode?: number): Awaitable<number>;
  close(fd: number): Awaitable<void>;
  /** Reads at a position; fewer bytes than asked for only at the end of the file. */
  read(fd: number, buffer: Uint8Array, at: number, length: number, position: number): Awaitable<number>;
  /** Writes all of the bytes where the last write ended. */
  write(fd: number, bytes: Uint8Array): Awaitable<void>;
  fsync(fd: number): Awaitable<void>;
  fstat(fd: number): Awaitable<Stats>;
  lstat(path: string): Awaitable<Stats | undefined>;
  stat(path: string): Awaitable<Stats | undefined>;
  rename(path: string, newPath: string): Awaitable<void>;
  link(path: string, newPath: string): Awaitable<void>;
  unlink(path: string): Awaitable<void>;
  mkdir(path: string): Awaitable<void>;
  rmdir(path: string): Awaitable<void>;
  readdir(path: string): Awaitable<Dirent[]>;
}
