import { forEachConcurrently } from "@borgstore/core";
import type { Dirent } from "node:fs";
import { errnoOf } from "../classify.ts";
import type { FileAccess } from "../file-access.ts";
import { readEntries, readManyEntries } from "../read-entries.ts";
import { FileLocks } from "./file-lock.ts";
import { quotaFileName } from "./quota-record.ts";

const statsAtOnce = 16;
const filesAtOnce = 256;

/** What to count. */
export interface UsageScan {
  readonly access: FileAccess;
  /** The storage's directory. */
  readonly base: string;
  /** Whether links to directories in the storage's directory (not below) lead to objects. */
  readonly followLinks: boolean;
  /** Called now and then. */
  readonly beat: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/**
 * The sum of the sizes of all files in a storage, in bytes: objects, temporary and foreign files, as the reference
 * counts; not links, not the quota's own files. Holds the names in one directory, and of the directories still to be
 * visited. What vanishes meanwhile is left out.
 */
export async function scanUsage({ access, base, followLinks, beat, signal }: UsageScan): Promise<number> {
  let usage = 0;
  const toVisit = [base];
  const count = async (path: string): Promise<void> => {
    const stats = await access.run(async (calls) => await calls.lstat(path));
    if (stats?.isFile() === true) usage += stats.size;
  };
  for (let path = toVisit.pop(); path !== undefined; path = toVisit.pop()) {
    if (signal?.aborted === true) throw signal.reason;
    const directory = path;
    const files: string[] = [];
    for (const entry of await entriesBelow(access, directory, directory === base)) {
      const inner = `${directory}/${entry.name}`;
      if (entry.isDirectory()) toVisit.push(inner);
      else if (entry.isFile()) {
        if (directory !== base || !isQuotaFile(entry.name)) files.push(inner);
      } else if (followLinks && directory === base && entry.isSymbolicLink()) {
        const target = await access.run(async (calls) => await calls.stat(inner));
        if (target?.isDirectory() === true) toVisit.push(inner);
      }
    }
    for (let at = 0; at < files.length; at += filesAtOnce) {
      const some = files.slice(at, at + filesAtOnce);
      // Synchronous calls gain nothing from standing side by side.
      const failure = await forEachConcurrently(some, access.mode.usesPool ? statsAtOnce : 1, count);
      if (failure !== undefined) throw failure.error;
      await beat();
    }
    await beat();
  }
  return usage;
}

function isQuotaFile(fileName: string): boolean {
  return fileName === quotaFileName || FileLocks.isLockName(fileName);
}

/** Reads a directory, of any size, in the way that is right for the medium. */
export async function entriesOf(access: FileAccess, path: string): Promise<readonly Dirent[]> {
  if (!access.mode.usesPool) return await readManyEntries(path);
  return await access.run((calls) => readEntries(calls, path));
}

async function entriesBelow(
  access: FileAccess,
  path: string,
  mustExist: boolean,
): Promise<readonly Dirent[]> {
  try {
    return await entriesOf(access, path);
  } catch (error) {
    const errno = errnoOf(error);
    if (!mustExist && (errno === "ENOENT" || errno === "ENOTDIR")) return [];
    throw error;
  }
}
