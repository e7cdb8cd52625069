import { StoreError, type Store } from "@borgstore/core";
import { formatBytes, plural } from "./format.ts";
import type { ManifestEntry } from "./manifest.ts";

/** What the small operations need. */
export interface ShowInput {
  readonly store: Store;
  /** Writes one line of the report. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Loads parts of the longest chunk of a snapshot and compares them with the whole of it, and has the store compute
 * its SHA-256. Nothing is shown for a snapshot without any chunk.
 *
 * @throws StoreError `INTEGRITY` when anything is not as it should be.
 */
export async function showPartialLoad(input: ShowInput, entries: readonly ManifestEntry[]): Promise<void> {
  const { store, say, signal } = input;
  const chunks = entries.flatMap((entry) => entry.chunks ?? []);
  const longest = chunks.reduce<{ id: string; size: number }>(
    (best, chunk) => (chunk.size > best.size ? chunk : best),
    { id: "", size: 0 },
  );
  if (longest.size === 0) {
    say("partial load: nothing to load, all files are empty");
    return;
  }
  const name = `data/${longest.id}`;
  const whole = await store.load(name, { signal });
  const offset = Math.floor(whole.byteLength / 2);
  const middle = await store.load(name, { offset, size: 100, signal });
  const end = await store.load(name, { offset: -16, signal });
  expect(
    isSame(middle, whole.subarray(offset, offset + 100)),
    "a part from the middle is not as in the whole",
  );
  expect(isSame(end, whole.subarray(Math.max(whole.byteLength - 16, 0))), "the end is not as in the whole");
  const short = `data/${longest.id.slice(0, 12)}…`;
  say(
    `partial load: ${middle.byteLength} bytes from byte ${offset} and the last ${end.byteLength} of ${short} ` +
      `(${formatBytes(whole.byteLength)}), both as in the whole`,
  );
  const digest = await store.hash(name, "sha256", { signal });
  expect(digest === longest.id, "the store's SHA-256 is not the chunk's name");
  say(`hash: the SHA-256 that the store computes of ${short} is its name`);
}

const noteKey = "demo-note";
const noteName = `config/${noteKey}`;

/**
 * Soft-deletes an item of its own and brings it back. Not a chunk: a demo killed in between must not leave a
 * snapshot without one.
 *
 * @throws StoreError `INTEGRITY` when anything is not as it should be.
 */
export async function showSoftDelete(input: ShowInput): Promise<void> {
  const { store, say, signal } = input;
  const note = Buffer.from("A note that is deleted and comes back.");
  await deleteIfThere(store, signal);
  await store.store(noteName, note, { signal });
  const tell = async (moment: string, live: boolean): Promise<void> => {
    const info = await store.info(noteName, { signal });
    const deletedInfo = await store.info(noteName, { deleted: true, signal });
    const listed = await isListed(store, false, signal);
    const listedDeleted = await isListed(store, true, signal);
    const states = [info.exists, listed, !deletedInfo.exists, !listedDeleted];
    expect(
      states.every((state) => state === live),
      `soft delete: wrong state ${moment}`,
    );
    say(
      `   ${moment.padEnd(17)} exists: ${info.exists}, size ${info.size}, listed: ${listed}; ` +
        `as deleted exists: ${deletedInfo.exists}, size ${deletedInfo.size}, listed: ${listedDeleted}`,
    );
  };
  say(`soft delete of ${noteName}:`);
  await tell("before", true);
  await store.softDelete(noteName, { signal });
  await tell("soft-deleted", false);
  const kept = await store.load(noteName, { deleted: true, signal });
  expect(isSame(kept, note), "the soft-deleted item has lost its content");
  await store.undelete(noteName, { signal });
  await tell("undeleted", true);
  expect(isSame(await store.load(noteName, { signal }), note), "the undeleted item has lost its content");
  await store.delete(noteName, { signal });
}

/**
 * Lists a namespace and checks that its keys come in order, each once.
 *
 * @throws StoreError `INTEGRITY` when they do not.
 */
export async function showList(input: ShowInput, namespace: string): Promise<void> {
  const { store, say, signal } = input;
  let count = 0;
  let bytes = 0;
  let previous = "";
  for await (const { name, size } of store.list(namespace, { signal })) {
    expect(previous < name, `the listing of ${namespace} is not in order`);
    previous = name;
    count++;
    bytes += size;
  }
  say(
    `list: ${namespace}/ has ${plural(count, "item")} of ${formatBytes(bytes)} together, in the order of their keys`,
  );
}

/** A run that was stopped while the note was soft-deleted has left it so. */
async function deleteIfThere(store: Store, signal: AbortSignal): Promise<void> {
  try {
    await store.delete(noteName, { deleted: true, signal });
  } catch (error) {
    if (!StoreError.is(error, "NOT_FOUND")) throw error;
  }
}

async function isListed(store: Store, deleted: boolean, signal: AbortSignal): Promise<boolean> {
  for await (const item of store.list("config", { deleted, sizes: false, signal })) {
    if (item.name === noteKey) return true;
  }
  return false;
}

/** @throws StoreError `INTEGRITY` when a fact is not true. */
export function expect(fact: boolean, detail: string): void {
  if (!fact) throw new StoreError("INTEGRITY", { detail });
}

/** Whether two arrays hold the same bytes. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
