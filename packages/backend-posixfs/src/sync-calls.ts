import * as fs from "node:fs";
import { errnoOf } from "./classify.ts";
import { directoryMode, type FileCalls } from "./file-calls.ts";
import { addSpent, nowMs } from "./gate.ts";
import type { IoMode } from "./io-mode.ts";

const noThrow = { throwIfNoEntry: false } as const;

/** `lstat`, or `undefined` for what is not there. One call, and no exception for the common case. */
export function lstatSync(path: string): fs.Stats | undefined {
  return statWith(fs.lstatSync, path);
}

function statWith(call: typeof fs.lstatSync, path: string): fs.Stats | undefined {
  try {
    return call(path, noThrow);
  } catch (error) {
    // An object where a directory should be: nothing can be below it.
    if (errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Writes all of the bytes; a short write is continued. */
export function writeSync(fd: number, bytes: Uint8Array): void {
  const length = bytes.byteLength;
  let at = 0;
  while (at < length) {
    const written = fs.writeSync(fd, bytes, at, length - at);
    if (written === 0) throw new Error("the file system takes no more bytes and does not say why");
    at += written;
  }
}

/** The synchronous form of {@link FileCalls}; each call is accounted for at the gate. */
export function syncCalls(io: IoMode): FileCalls {
  const timed = <T>(call: () => T): T => {
    const startedMs = nowMs();
    try {
      return call();
    } finally {
      io.spent(startedMs);
    }
  };
  return {
    open: (path, flags, mode) => timed(() => fs.openSync(path, flags, mode)),
    close: (fd) => timed(() => fs.closeSync(fd)),
    read: (fd, buffer, at, length, position) => timed(() => fs.readSync(fd, buffer, at, length, position)),
    write: (fd, bytes) => timed(() => writeSync(fd, bytes)),
    fsync: (fd) => timed(() => fs.fsyncSync(fd)),
    fstat: (fd) => timed(() => fs.fstatSync(fd)),
    lstat: (path) => timed(() => lstatSync(path)),
    stat: (path) => timed(() => statWith(fs.statSync, path)),
    rename: (path, newPath) => timed(() => fs.renameSync(path, newPath)),
    link: (path, newPath) => timed(() => fs.linkSync(path, newPath)),
    unlink: (path) => timed(() => fs.unlinkSync(path)),
    mkdir: (path) => timed(() => fs.mkdirSync(path, directoryMode)),
    rmdir: (path) => timed(() => fs.rmdirSync(path)),
    // Its time tells how much is in the directory, not how fast the medium is.
    readdir: (path) => {
      const startedMs = nowMs();
      try {
        return fs.readdirSync(path, { withFileTypes: true });
      } finally {
        addSpent(nowMs() - startedMs);
      }
    },
  };
}
