import { StoreError } from "@borgstore/core";
import * as fs from "node:fs";
import { dirname } from "node:path";
import { classify, errnoOf } from "./classify.ts";
import { directoryMode, type FileCalls } from "./file-calls.ts";
import type { FileAccess } from "./file-access.ts";
import { syncDirectory } from "./fsync.ts";
import { readEntries } from "./read-entries.ts";
import { removeTree } from "./remove-tree.ts";

/**
 * Makes the directory of a storage, with those above it.
 *
 * @param durably whether its entry, and those of the directories made above it, are synced
 * @throws StoreError `BACKEND_EXISTS` when anything is in it; `NOT_A_DIRECTORY` when it, or what is above it, is a file
 */
export async function createStorage(access: FileAccess, base: string, durably: boolean): Promise<void> {
  try {
    const firstMade = await fs.promises.mkdir(base, { recursive: true, mode: directoryMode });
    const directory = await fs.promises.opendir(base, { bufferSize: 1 });
    try {
      if ((await directory.read()) !== null) throw new StoreError("BACKEND_EXISTS");
    } finally {
      await directory.close();
    }
    if (!durably) return;
    const top = dirname(firstMade ?? base);
    for (let at = base; at !== top && at !== dirname(at);) {
      at = dirname(at);
      const above = at;
      await access.runInPool(async (turn) => await syncDirectory(turn, above));
    }
  } catch (error) {
    // mkdir says EEXIST when the base is a file.
    if (errnoOf(error) === "EEXIST") {
      throw new StoreError("NOT_A_DIRECTORY", { detail: `${base} is a file`, cause: error });
    }
    throw classify(error);
  }
}

/**
 * Removes the directory of a storage with everything in it. Refuses, before anything is removed, what could not be
 * removed in the end.
 *
 * @throws StoreError `BACKEND_NOT_FOUND`; `NOT_A_DIRECTORY` when it is a file; `UNSUPPORTED` when it is a link, or the
 *   root of the file system; whatever the first file or directory that stays was refused with.
 */
export async function destroyStorage(
  access: FileAccess,
  base: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const found = await access.run(async (calls) => await calls.lstat(base), signal);
    if (found === undefined) throw new StoreError("BACKEND_NOT_FOUND");
    if (found.isSymbolicLink()) {
      throw new StoreError("UNSUPPORTED", {
        detail: `${base} is a symbolic link; destroy the storage by the path of the directory itself`,
      });
    }
    if (!found.isDirectory())
      throw new StoreError("NOT_A_DIRECTORY", { detail: `${base} is not a directory` });
    if (base === dirname(base)) {
      throw new StoreError("UNSUPPORTED", { detail: "the root of a file system is never destroyed" });
    }
    // Synchronous calls gain nothing from standing side by side.
    const concurrency = access.mode.usesPool ? access.concurrency : 1;
    await removeTree((work) => access.run(work, signal), base, concurrency, signal);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw classify(error);
  }
}

/**
 * Checks that there is a storage to open.
 *
 * @throws StoreError `BACKEND_NOT_FOUND` when it is missing or no directory; `UNSUPPORTED` when a namespace in it is
 *   a link and that is not allowed.
 */
export async function checkStorage(calls: FileCalls, base: string, allowLinks: boolean): Promise<void> {
  try {
    const found = await calls.stat(base);
    if (found === undefined) throw new StoreError("BACKEND_NOT_FOUND", { detail: base });
    if (!found.isDirectory()) {
      throw new StoreError("BACKEND_NOT_FOUND", { detail: `${base} is not a directory` });
    }
    if (allowLinks) return;
    for (const entry of await readEntries(calls, base)) {
      if (!entry.isSymbolicLink()) continue;
      const target = await calls.stat(`${base}/${entry.name}`);
      if (target?.isDirectory() === true) {
        throw new StoreError("UNSUPPORTED", {
          key: entry.name,
          detail: "a link to a directory leads out of the store; allowLinkedNamespaces accepts it",
        });
      }
    }
  } catch (error) {
    throw classify(error);
  }
}
