import { StoreError } from "@borgstore/core";
import * as fs from "node:fs";
import { errnoOf } from "./classify.ts";
import { directoryMode, type FileCalls } from "./file-calls.ts";

// One call must be able to end within the deadline on a slow medium.
const largestTransferBytes = 8 * 1024 * 1024;

type Done<T> = (error: NodeJS.ErrnoException | null, result?: T) => void;

/**
 * One operation's calls on the thread pool, by callbacks (promises and their file handles cost more than the
 * calls). Each call must end within the deadline; after the first that does not, only `close` and `unlink` are
 * made, so that the operation can clean up but not go on behind its caller's back.
 */
export class PoolTurn implements FileCalls {
  readonly #deadlineMs: number;
  readonly #timer: NodeJS.Timeout;
  #expired: StoreError | undefined;

  constructor(deadlineMs: number, onExpired: (error: StoreError) => void) {
    this.#deadlineMs = deadlineMs;
    this.#timer = setTimeout(() => {
      this.#expired = new StoreError("TIMEOUT", {
        detail: `the file system did not answer within ${this.#deadlineMs} ms`,
      });
      onExpired(this.#expired);
    }, deadlineMs);
  }

  /** Stops the clock; nothing may be called after it. */
  end(): void {
    clearTimeout(this.#timer);
  }

  open(path: string, flags: number, mode?: number): Promise<number> {
    return this.#call((done) => fs.open(path, flags, mode, done));
  }

  close(fd: number): Promise<void> {
    return this.#callAnyway((done) => fs.close(fd, done));
  }

  async read(fd: number, buffer: Uint8Array, at: number, length: number, position: number): Promise<number> {
    let total = 0;
    while (total < length) {
      const wanted = Math.min(length - total, largestTransferBytes);
      const got = await this.#call<number>((done) =>
        fs.read(fd, buffer, at + total, wanted, position + total, done),
      );
      total += got;
      if (got === 0) break;
    }
    return total;
  }

  async write(fd: number, bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.byteLength) {
      const wanted = Math.min(bytes.byteLength - at, largestTransferBytes);
      const written = await this.#call<number>((done) => fs.write(fd, bytes, at, wanted, null, done));
      if (written === 0) throw new Error("the file system takes no more bytes and does not say why");
      at += written;
    }
  }

  fsync(fd: number): Promise<void> {
    return this.#call((done) => fs.fsync(fd, done));
  }

  fstat(fd: number): Promise<fs.Stats> {
    return this.#call((done) => fs.fstat(fd, done));
  }

  lstat(path: string): Promise<fs.Stats | undefined> {
    return absentAsUndefined(this.#call((done) => fs.lstat(path, done)));
  }

  stat(path: string): Promise<fs.Stats | undefined> {
    return absentAsUndefined(this.#call((done) => fs.stat(path, done)));
  }

  /** The type of the file system, 0 when it does not tell. */
  async statfsType(path: string): Promise<number> {
    try {
      const { type } = await this.#call<fs.StatsFs>((done) => fs.statfs(path, done));
      return type;
    } catch (error) {
      if (errnoOf(error) === "ENOSYS") return 0;
      throw error;
    }
  }

  rename(path: string, newPath: string): Promise<void> {
    return this.#call((done) => fs.rename(path, newPath, done));
  }

  link(path: string, newPath: string): Promise<void> {
    return this.#call((done) => fs.link(path, newPath, done));
  }

  unlink(path: string): Promise<void> {
    return this.#callAnyway((done) => fs.unlink(path, done));
  }

  mkdir(path: string): Promise<void> {
    return this.#call((done) => fs.mkdir(path, directoryMode, done));
  }

  rmdir(path: string): Promise<void> {
    return this.#call((done) => fs.rmdir(path, done));
  }

  readdir(path: string): Promise<fs.Dirent[]> {
    return this.#call((done) => fs.readdir(path, { withFileTypes: true }, done));
  }

  async #call<T>(invoke: (done: Done<T>) => void): Promise<T> {
    if (this.#expired !== undefined) throw this.#expired;
    return await this.#callAnyway(invoke);
  }

  #callAnyway<T>(invoke: (done: Done<T>) => void): Promise<T> {
    this.#timer.refresh();
    return new Promise((resolve, reject) => {
      invoke((error, result) => {
        if (error === null) resolve(result as T);
        else reject(error);
      });
    });
  }
}

async function absentAsUndefined(call: Promise<fs.Stats>): Promise<fs.Stats | undefined> {
  try {
    return await call;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw error;
  }
}
