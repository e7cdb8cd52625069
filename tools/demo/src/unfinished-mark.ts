import { StoreError, type Store } from "@borgstore/core";

const markName = "config/unfinished-run";

/**
 * Says when the run started that was stopped before its snapshot was complete, or `undefined` when the last one
 * came so far. A mark left by such a run is what tells it from one that was never there.
 */
export async function findUnfinishedRun(store: Store, signal: AbortSignal): Promise<string | undefined> {
  try {
    const text = Buffer.from(await store.load(markName, { signal })).toString();
    return /^[\dTZ:.-]{1,40}$/.test(text) ? text : "at an unknown time";
  } catch (error) {
    if (!StoreError.is(error, "NOT_FOUND")) throw error;
    return undefined;
  }
}

/** Marks that a run has started and its snapshot is not complete yet. */
export async function markUnfinished(store: Store, startedAt: string, signal: AbortSignal): Promise<void> {
  await store.store(markName, Buffer.from(startedAt), { signal });
}

/** Takes the mark away. */
export async function markFinished(store: Store, signal: AbortSignal): Promise<void> {
  try {
    await store.delete(markName, { signal });
  } catch (error) {
    // Another demo on the same storage may have been faster.
    if (!StoreError.is(error, "NOT_FOUND")) throw error;
  }
}
