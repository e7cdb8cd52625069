import { clampRange, StoreError, uninitializedBytes, type LoadOptions } from "@borgstore/core";
import * as fs from "node:fs";
import { errnoOf } from "./classify.ts";
import { loadFlags, type FileCalls } from "./file-calls.ts";
import { pauseForHandles } from "./pause-for-handles.ts";
import { raceAttempts } from "./tree.ts";

// One byte more than the values it is for: a read that does not fill it has seen the end, without asking.
const keptBytes = 64 * 1024 + 1;
// Shared by all loads; filled and copied out within one synchronous step.
const kept = new Uint8Array(keptBytes);

/**
 * Loads by three system calls what fits in the kept buffer: open, read, close. Larger values take one more, to
 * learn the size.
 *
 * @param largestBytes size from which on a value is not loaded; `undefined` is returned then
 */
export function loadFileSync(
  path: string,
  range: LoadOptions,
  largestBytes: number,
): Uint8Array<ArrayBuffer> | undefined {
  const fd = fs.openSync(path, loadFlags);
  try {
    const { offset = 0, size = Infinity } = range;
    let got = 0;
    // Nothing is read of a directory for size 0, so that the kind of file must be asked for.
    if (offset >= 0 && size > 0 && (size === Infinity || size <= keptBytes)) {
      // At a position always: pipes cannot do that, and must not be taken for empty values.
      got = fs.readSync(fd, kept, 0, Math.min(size, keptBytes), offset);
      if (got < keptBytes || got === size) return kept.slice(0, got);
    }
    const { start, end } = partOf(fs.fstatSync(fd), range);
    if (end - start > largestBytes) return undefined;
    const value = uninitializedBytes(end - start);
    let at = Math.min(got, value.byteLength);
    value.set(kept.subarray(0, at));
    while (at < value.byteLength) {
      got = fs.readSync(fd, value, at, value.byteLength - at, start + at);
      if (got === 0) throw truncated(value.byteLength, at);
      at += got;
    }
    return value;
  } finally {
    fs.closeSync(fd);
  }
}

/** An open file, and the part of it that is wanted. */
export interface OpenFile {
  readonly fd: number;
  readonly start: number;
  readonly end: number;
}

/** Loads a value, or a part of it, by calls that may take their time. */
export async function loadFile(
  calls: FileCalls,
  path: string,
  range: LoadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = await openForLoading(calls, path, range);
  try {
    const value = uninitializedBytes(file.end - file.start);
    const got = await calls.read(file.fd, value, 0, value.byteLength, file.start);
    if (got < value.byteLength) throw truncated(value.byteLength, got);
    return value;
  } finally {
    await calls.close(file.fd);
  }
}

/** Opens a file for loading a part of it. The caller must close it. */
export async function openForLoading(calls: FileCalls, path: string, range: LoadOptions): Promise<OpenFile> {
  const fd = await openWhenPossible(calls, path);
  try {
    return { fd, ...partOf(await calls.fstat(fd), range) };
  } catch (error) {
    await calls.close(fd);
    throw error;
  }
}

async function openWhenPossible(calls: FileCalls, path: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await calls.open(path, loadFlags);
    } catch (error) {
      await pauseOrThrow(error, attempt);
    }
  }
}

/** Waits when there were no file handles left; throws every other error. */
export async function pauseOrThrow(error: unknown, attempt: number): Promise<void> {
  const errno = errnoOf(error);
  if ((errno !== "EMFILE" && errno !== "ENFILE") || attempt >= raceAttempts) throw error;
  await pauseForHandles(attempt);
}

function partOf(stats: fs.Stats, range: LoadOptions): { start: number; end: number } {
  if (stats.isDirectory()) throw new StoreError("IS_DIRECTORY");
  if (!stats.isFile()) {
    throw new StoreError("NOT_FOUND", { detail: "what has this name is neither a file nor a directory" });
  }
  return clampRange(stats.size, range.offset, range.size);
}

/** The error for a value that ended before its announced end: somebody shortened the file meanwhile. */
export function truncated(wanted: number, got: number): StoreError {
  return new StoreError("INTEGRITY", {
    detail: `the file was to have ${wanted} more bytes, but ended after ${got}`,
    retryable: true,
  });
}
