import { forEachConcurrently, StoreError } from "@borgstore/core";
import { publishesUploads } from "./features.ts";
import { readEntries } from "./list-directory.ts";
import type { Call } from "./rc-client.ts";
import { isNoObject, type Remote } from "./remote.ts";
import { upload } from "./uploads.ts";

/**
 * Stands for an empty storage where there are no directories. No listing shows it, neither here nor that of the
 * reference, which has nothing of the kind.
 */
const marker = "borgstore.hid";

/**
 * Makes the storage: a directory, or an object that stands for one. An empty storage is taken over.
 *
 * @throws StoreError `BACKEND_EXISTS` when there is anything else.
 */
export async function createStorage(remote: Remote, call: Call): Promise<void> {
  const names = await namesIn(remote, call);
  if (names?.some((name) => name !== marker) === true) {
    throw new StoreError("BACKEND_EXISTS", { detail: "there are objects in it" });
  }
  // Of a remote with buckets, this makes the bucket.
  if (names === undefined || names.length === 0) await remote.mkdir("", call);
  if (!remote.features.hasDirectories && names?.includes(marker) !== true) {
    await upload(remote, marker, { value: new Uint8Array(0) }, call);
  }
}

/** @throws StoreError `BACKEND_NOT_FOUND` when there is no such directory, or nothing is in it where there are none. */
export async function checkStorage(remote: Remote, call: Call): Promise<void> {
  if (!remote.features.hasDirectories && (await remote.stat(marker, call)) !== undefined) return;
  if (!(await exists(remote, call))) throw missing();
}

/**
 * Removes every object of the storage, whoever made it. Can be repeated when it fails.
 *
 * @throws StoreError `BACKEND_NOT_FOUND`.
 */
export async function destroyStorage(remote: Remote, concurrency: number, call: Call): Promise<void> {
  if (!(await exists(remote, call))) throw missing();
  const { features } = remote;
  if (publishesUploads(features) && !features.canPurge) await deleteAll(remote, concurrency, call);
  else await purge(remote, call);
  // Not every service does all that it says.
  const names = await namesIn(remote, call);
  if (names === undefined || (names.length === 0 && !features.hasDirectories)) return;
  throw new StoreError("UNAVAILABLE", { detail: "something is left in it" });
}

async function purge(remote: Remote, call: Call): Promise<void> {
  try {
    await remote.purge("", call);
  } catch (error) {
    if (!isNoObject(error)) throw error;
  }
}

/** One object after the other: rclone's own way waits for itself on some remotes of this kind. */
async function deleteAll(remote: Remote, concurrency: number, call: Call): Promise<void> {
  const paths: string[] = [];
  await readEntries(remote, "", { recurse: true, filesOnly: true, noModTime: true }, call, (entry) => {
    if (typeof entry["Path"] === "string") paths.push(entry["Path"]);
  });
  const failure = await forEachConcurrently(paths, concurrency, async (path) => {
    try {
      await remote.delete(path, call);
    } catch (error) {
      if (!isNoObject(error)) throw error;
    }
  });
  if (failure !== undefined) throw failure.error;
}

function missing(): StoreError {
  return new StoreError("BACKEND_NOT_FOUND", { detail: "there is no such directory, or nothing in it" });
}

async function exists(remote: Remote, call: Call): Promise<boolean> {
  const names = await namesIn(remote, call);
  return names !== undefined && (names.length > 0 || remote.features.hasDirectories);
}

/** What is directly in the storage; `undefined` where it is told that there is no such directory. */
async function namesIn(remote: Remote, call: Call): Promise<readonly string[] | undefined> {
  const names: string[] = [];
  try {
    await readEntries(remote, "", { noModTime: true }, call, (entry) => {
      if (typeof entry["Name"] === "string") names.push(entry["Name"]);
    });
    return names;
  } catch (error) {
    if (isNoObject(error) || StoreError.is(error, "BACKEND_NOT_FOUND")) return undefined;
    throw error;
  }
}
