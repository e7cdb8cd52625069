import { mapConcurrently, StoreError, type Store, type StoreStats } from "@borgstore/core";
import type { Progress } from "./progress.ts";
import { expect, isSame } from "./show-item-operations.ts";

/** The namespace that is moved; it belongs to the demo alone and is empty before and after. */
export const movedNamespace = "index";

/** What the change of level needs. */
export interface ChangeLevelInput {
  /** A store that knows level 1 only, which writes the items. */
  readonly store: Store;
  /** Opens another store on the same storage, with these levels for {@link movedNamespace}. */
  readonly openWithLevels: (levels: readonly number[]) => Promise<Store>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What happened during the change of level. */
export interface ChangeLevelResult {
  readonly items: number;
  readonly seconds: number;
  /** Loads of random items while the change was going on. Each brought the right value. */
  readonly loads: number;
  /** Of these, loads of an item in the very time it was being moved. */
  readonly loadsOfMoving: number;
  /** Items that a stopped run had left. */
  readonly leftovers: number;
  /** Statistics of the store that moved and read. */
  readonly operations: StoreStats["operations"];
}

const itemCount = 100;
const movesAtATime = 4;
const readers = 4;

/**
 * Stores items on level 1, then moves each to level 2 while readers load random ones all the time and must always
 * get the right value. Both the moves and the readers use a store that knows both levels. Afterwards a store
 * that knows only level 2 must find all of them. What an earlier, killed run left is removed first.
 *
 * @throws StoreError `INTEGRITY` when a reader missed an item or got a wrong value.
 */
export async function changeLevelWhileReading(input: ChangeLevelInput): Promise<ChangeLevelResult> {
  const { store, openWithLevels, progress, signal } = input;
  await using both = await openWithLevels([1, 2]);
  const leftovers = await clear(both, signal);
  const items = Array.from({ length: itemCount }, (_, i) => makeItem(i));
  for await (const { error } of store.storeMany(items, { signal })) if (error !== undefined) throw error;

  progress.start("moving level 1 to 2", "items", itemCount);
  const moving = new Set<string>();
  const state = { isDone: false, loads: 0, loadsOfMoving: 0 };
  const startMs = performance.now();
  const readAll = Promise.all(
    Array.from({ length: readers }, () => readUntilDone(both, items, moving, state, signal)),
  );
  // Seen by the await below at the latest; without this a reader that fails early would end the process.
  readAll.catch(() => undefined);
  try {
    const moves = mapConcurrently(items, movesAtATime, async ({ name }): Promise<unknown> => {
      try {
        moving.add(name);
        await both.changeLevel(name, { signal });
        moving.delete(name);
        return undefined;
      } catch (error) {
        return error;
      }
    });
    for await (const error of moves) {
      if (error !== undefined) throw error;
      progress.advance(1);
    }
  } finally {
    state.isDone = true;
    await Promise.allSettled([readAll]);
  }
  await readAll;
  const seconds = (performance.now() - startMs) / 1000;
  progress.stop();
  const { operations } = both.stats;

  {
    await using after = await openWithLevels([2]);
    for (const item of items) {
      expect(isSame(await after.load(item.name, { signal }), item.value), `${item.name} is not on level 2`);
    }
  }
  const removed = await clear(both, signal);
  expect(removed === itemCount, `the namespace lists ${removed} items instead of ${itemCount}`);
  const { loads, loadsOfMoving } = state;
  return { items: itemCount, seconds, loads, loadsOfMoving, leftovers, operations };
}

interface Item {
  readonly name: string;
  readonly value: Uint8Array;
}

function makeItem(i: number): Item {
  // The keys spread over the directories of both levels, as digests do.
  const key = ((i * 2654435761) >>> 0).toString(16).padStart(8, "0");
  return {
    name: `${movedNamespace}/${key}${i.toString(16).padStart(4, "0")}`,
    value: Buffer.from(`item ${i}\n`),
  };
}

async function readUntilDone(
  store: Store,
  items: readonly Item[],
  moving: ReadonlySet<string>,
  state: { isDone: boolean; loads: number; loadsOfMoving: number },
  signal: AbortSignal,
): Promise<void> {
  while (!state.isDone) {
    // Every other time one that is on its way right now, if there is one.
    const movingName = state.loads % 2 === 0 ? moving.values().next().value : undefined;
    const random = items[Math.floor(Math.random() * items.length)] as Item;
    const item = items.find(({ name }) => name === movingName) ?? random;
    const value = await loadOrMiss(store, item.name, signal);
    expect(isSame(value, item.value), `${item.name} had a wrong value while levels were changed`);
    state.loads++;
    if (movingName !== undefined) state.loadsOfMoving++;
  }
}

async function loadOrMiss(store: Store, name: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await store.load(name, { signal });
  } catch (error) {
    if (!StoreError.is(error, "NOT_FOUND")) throw error;
    throw new StoreError("INTEGRITY", {
      key: name,
      detail: "a reader missed it while levels were changed",
      cause: error,
    });
  }
}

/** Deletes everything in the namespace, on whatever level, and returns how much it was. */
async function clear(store: Store, signal: AbortSignal): Promise<number> {
  const names: string[] = [];
  for await (const { name } of store.list(movedNamespace, { sizes: false, signal })) {
    names.push(`${movedNamespace}/${name}`);
  }
  for await (const { error } of store.deleteMany(names, { signal })) {
    // Another demo on the same storage may have been faster.
    if (error !== undefined && !StoreError.is(error, "NOT_FOUND")) throw error;
  }
  return names.length;
}
