import { delay, StoreError } from "@borgstore/core";
import * as fs from "node:fs";
import { classify, errnoOf } from "./classify.ts";
import { createFlags, fileMode, type FileCalls } from "./file-calls.ts";
import { waitForHolder } from "./held-file.ts";
import { pauseForHandles } from "./pause-for-handles.ts";
import { writeSync } from "./sync-calls.ts";
import { tempNames } from "./temp-names.ts";
import { raceAttempts, type Tree } from "./tree.ts";

// So many attempts follow each other at once, when a directory is missing.
const stepsInLine = 4;
const longestSidestepMs = 4;

/** What `link` fails with where hard links do not exist. */
const linkUnsupported = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/**
 * Stores a value by four system calls: open, write, close, rename; with `ifAbsent` link and unlink in place of
 * the rename. Fails with the operating system's error and leaves nothing behind then.
 */
export function storeFileSync(directory: string, path: string, value: Uint8Array, ifAbsent: boolean): void {
  const temp = `${directory}/${tempNames.next()}`;
  const fd = fs.openSync(temp, createFlags, fileMode);
  try {
    try {
      writeSync(fd, value);
    } finally {
      fs.closeSync(fd);
    }
    if (ifAbsent) fs.linkSync(temp, path);
    else fs.renameSync(temp, path);
  } catch (error) {
    unlinkTempSync(temp);
    throw error;
  }
  if (ifAbsent) unlinkTempSync(temp);
}

function unlinkTempSync(temp: string): void {
  try {
    fs.unlinkSync(temp);
  } catch (error) {
    mayStay(error);
  }
}

/**
 * Takes the failure to remove a temporary file: it must not hide what went wrong before, or make a failure of a
 * store that is complete. The file stays until the sweep of a later `open` finds it.
 */
function mayStay(error: unknown): void {
  if (errnoOf(error) === undefined) throw error;
}

/** A new file that nobody sees yet. */
export interface TempFile {
  readonly path: string;
  readonly fd: number;
}

/** Opens a temporary file in the directory of `path`, which is made when it is missing. */
export async function openTemp(calls: FileCalls, tree: Tree, path: string): Promise<TempFile> {
  const directory = tree.parentOf(path);
  for (let attempt = 1; ; attempt++) {
    const temp = `${directory}/${tempNames.next()}`;
    try {
      const fd = await calls.open(temp, createFlags, fileMode);
      return { path: temp, fd };
    } catch (error) {
      await prepareRetry(calls, tree, path, error, attempt);
    }
  }
}

/**
 * Does what a failed attempt to store at `path` asks for, so that it can be repeated. Throws `error` when
 * there is nothing to be done.
 */
export async function prepareRetry(
  calls: FileCalls,
  tree: Tree,
  path: string,
  error: unknown,
  attempt: number,
): Promise<void> {
  if (attempt >= raceAttempts) throw error;
  const errno = errnoOf(error);
  if (errno === "ENOENT") {
    // Somebody removes the directory at once, again and again: get out of step with them.
    if (attempt > stepsInLine) await delay(Math.random() * longestSidestepMs);
    await tree.makeDirectories(calls, tree.parentOf(path));
  } else if (errno === "EMFILE" || errno === "ENFILE") await pauseForHandles(attempt);
  // Somebody has a temporary file of this name: the next attempt takes another.
  else if (errno === "EEXIST" && syscallOf(error) === "open") return;
  else if (!(await waitForHolder(error, attempt))) throw error;
}

/** Gives a written and closed temporary file its name. What was there is replaced, unless `ifAbsent`. */
export async function publish(
  calls: FileCalls,
  temp: string,
  path: string,
  ifAbsent: boolean,
): Promise<void> {
  if (ifAbsent) {
    await calls.link(temp, path);
    await discard(calls, temp);
    return;
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await calls.rename(temp, path);
      return;
    } catch (error) {
      if (!(await waitForHolder(error, attempt))) throw error;
    }
  }
}

/** Removes a temporary file. */
export async function discard(calls: FileCalls, temp: string): Promise<void> {
  try {
    await calls.unlink(temp);
  } catch (error) {
    mayStay(error);
  }
}

/**
 * Stores a value by calls that may take their time.
 *
 * @param durably whether the file is synced before it gets its name; the directories are the caller's to sync
 * @param signal checked before the value becomes visible: its owner may change it after an abort
 */
export async function storeFile(
  calls: FileCalls,
  tree: Tree,
  path: string,
  value: Uint8Array,
  how: { readonly ifAbsent: boolean; readonly durably: boolean; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const temp = await openTemp(calls, tree, path);
  try {
    try {
      await calls.write(temp.fd, value);
      if (how.durably) await calls.fsync(temp.fd);
    } finally {
      await calls.close(temp.fd);
    }
    if (how.signal?.aborted === true) throw how.signal.reason;
    await publish(calls, temp.path, path, how.ifAbsent);
  } catch (error) {
    await discard(calls, temp.path);
    throw error;
  }
}

/** The store's error for a failed `store`, or for a `move` to the new name `key`. */
export function classifyStoring(error: unknown, key: string, ifAbsent: boolean): StoreError {
  const errno = errnoOf(error);
  if (errno === "EISDIR" || errno === "ENOTEMPTY" || (errno === "EEXIST" && !ifAbsent)) {
    return new StoreError("IS_DIRECTORY", { key, cause: error });
  }
  if (errno === "ENOENT") {
    return new StoreError("UNAVAILABLE", {
      key,
      detail: "its directory was removed again and again",
      cause: error,
    });
  }
  if (syscallOf(error) === "link" && errno !== undefined && linkUnsupported.has(errno)) {
    return new StoreError("UNSUPPORTED", {
      key,
      detail: "ifAbsent needs hard links, which this file system does not have",
      cause: error,
    });
  }
  return classify(error, key);
}

function syscallOf(error: unknown): unknown {
  return (error as { syscall?: unknown }).syscall;
}
