import type { ItemInfo } from "@borgstore/core";
import * as fs from "node:fs";
import { errnoOf } from "./classify.ts";
import type { FileCalls } from "./file-calls.ts";
import { addSpent, mustYield, nextTurn, nowMs } from "./gate.ts";

// What the bindings fetch at once: more than a nested directory holds, and below 1 ms of work.
const entriesAtOnce = 1024;

/** Whether an entry counts as an object or a directory; everything else is not shown. */
export type EntryKind = "file" | "directory" | undefined;

/** The kind of an entry or of what a path leads to. */
export function kindOf(found: Pick<fs.Stats, "isFile" | "isDirectory"> | undefined): EntryKind {
  if (found?.isFile() === true) return "file";
  return found?.isDirectory() === true ? "directory" : undefined;
}

/** What `stats` say about the object or directory of this name. */
export function describe(name: string, stats: fs.Stats): ItemInfo {
  const isDirectory = stats.isDirectory();
  return {
    name,
    exists: true,
    size: isDirectory ? 0 : stats.size,
    isDirectory,
    accessedAtMs: stats.atimeMs,
    modifiedAtMs: stats.mtimeMs,
  };
}

/** Reads a directory whole, with the kinds of its entries. */
export async function readEntries(calls: FileCalls, path: string): Promise<readonly fs.Dirent[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await calls.readdir(path);
    } catch (error) {
      // Where kinds must be asked for, Node fails when an entry vanishes before it is asked about.
      if (errnoOf(error) !== "ENOENT" || attempt === 3 || (await calls.lstat(path)) === undefined)
        throw error;
    }
  }
}

/** Reads a large directory by synchronous calls, with a turn of the event loop whenever its time is spent. */
export async function readManyEntries(path: string): Promise<readonly fs.Dirent[]> {
  const entries: fs.Dirent[] = [];
  let startedMs = nowMs();
  const directory = fs.opendirSync(path, { bufferSize: entriesAtOnce });
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      entries.push(entry);
      if (entries.length % entriesAtOnce === 0) {
        addSpent(nowMs() - startedMs);
        while (mustYield()) await nextTurn();
        startedMs = nowMs();
      }
    }
  } finally {
    directory.closeSync();
  }
  addSpent(nowMs() - startedMs);
  return entries;
}
