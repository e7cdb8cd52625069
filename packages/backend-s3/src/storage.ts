import { StoreError, type CallSignal } from "@borgstore/core";
import type { Bucket } from "./bucket.ts";
import type { DeletionFailure } from "./delete-files.ts";
import type { Keys } from "./keys.ts";
import { readPages } from "./read-entries.ts";

/**
 * Makes the storage: the empty object at its base, as the reference does. An empty storage is taken over.
 *
 * @throws StoreError `BACKEND_EXISTS` when there is anything else.
 */
export async function createStorage(
  bucket: Bucket,
  { base }: Keys,
  signal: CallSignal | undefined,
): Promise<void> {
  const found = await firstKeys(bucket, base, 2, signal);
  if (found.some((key) => key !== base)) {
    throw new StoreError("BACKEND_EXISTS", { detail: "there are objects in it" });
  }
  if (found.length === 0) await bucket.put(base, new Uint8Array(0), { signal, ifAbsent: false });
}

/** @throws StoreError `BACKEND_NOT_FOUND` when nothing is there, not even the empty object that `create` makes. */
export async function checkStorage(
  bucket: Bucket,
  { base }: Keys,
  signal: CallSignal | undefined,
): Promise<void> {
  const found = await firstKeys(bucket, base, 1, signal);
  if (found.length === 0) {
    throw new StoreError("BACKEND_NOT_FOUND", { detail: "the bucket has nothing there" });
  }
}

/** Up to so many keys of the storage: one request, unless the service sends empty pages that are not the last. */
async function firstKeys(
  bucket: Bucket,
  base: string,
  maxKeys: number,
  signal: CallSignal | undefined,
): Promise<readonly (string | undefined)[]> {
  for await (const { Contents: contents } of readPages(bucket, { prefix: base, maxKeys }, { signal })) {
    if (contents !== undefined && contents.length > 0) return contents.map(({ Key: key }) => key);
  }
  return [];
}

/**
 * Deletes every object of the storage, whoever made it. Can be repeated when it fails.
 *
 * @throws StoreError `BACKEND_NOT_FOUND`; the first failure to delete an object, after the others of its page.
 */
export async function destroyStorage(
  bucket: Bucket,
  { base }: Keys,
  signal: CallSignal | undefined,
  deleteKeys: (keys: readonly string[]) => Promise<readonly DeletionFailure[]>,
): Promise<void> {
  let isEmpty = true;
  for await (const page of readPages(bucket, { prefix: base }, { signal })) {
    const keys = (page.Contents ?? []).map(({ Key: key }) => key).filter((key) => key !== undefined);
    if (keys.length === 0) continue;
    isEmpty = false;
    const [failure] = await deleteKeys(keys);
    if (failure !== undefined) throw failure.error;
  }
  if (isEmpty) throw new StoreError("BACKEND_NOT_FOUND", { detail: "the bucket has nothing there" });
}
