import { memoryBackend, MemoryStorage, Store } from "@borgstore/core";
import { measureGrowth, type GrowingStorage } from "../calls/measure-growth.ts";
import { makeKeys, makeValue, nestKey } from "../measure/keys.ts";
import type { Figure } from "../report/report.ts";
import { asyncSubject } from "../subjects/async-subject.ts";
import { storeCalls } from "../subjects/ours.ts";

const keysAtOnce = 10_000;

/**
 * Measures calls of a Store over the memory backend while that grows, beside a bare Map from key to value: µs a call.
 * What was there from the beginning shares one value.
 */
export async function measureMemoryGrowth(itemCounts: readonly number[], rounds: number): Promise<Figure[]> {
  const storage = new MemoryStorage();
  const backend = memoryBackend({ storage });
  await backend.create();
  await using store = new Store({ backend, namespaces: { data: { levels: [2] } } });
  await store.open();
  const value = new Uint8Array(makeValue(16));
  const map = new Map<string, Uint8Array>();
  const keys: string[] = [];
  const bareMap = asyncSubject("bare Map", async () => ({
    store: async (key, stored) => void map.set(key, stored),
    load: async (key) => map.get(key) ?? new Uint8Array(),
    info: async (key) => map.has(key),
    delete: async (key) => map.delete(key),
    list: async () => [...map.keys()].sort().length,
  }));
  const ours = asyncSubject("Store", async () => storeCalls(store));
  const growing: GrowingStorage = {
    subjects: [
      { name: bareMap.name, opened: await bareMap.open("") },
      { name: ours.name, opened: await ours.open("") },
    ],
    growTo: async (itemCount) => {
      while (keys.length < itemCount) {
        const more = makeKeys(Math.min(keysAtOnce, itemCount - keys.length), `memory ${keys.length}`);
        for (const key of more) {
          map.set(key, value);
          addObject(storage, key, value);
          keys.push(key);
        }
      }
      return keys;
    },
  };
  const figures = await measureGrowth(growing, { bench: "core", itemCounts, value, rounds });
  return [...figures, ...aboveMap(figures, bareMap.name)];
}

/** The subject whose figures are what the Store takes above a bare Map with as many items. */
export const storeAboveMap = "Store, above a bare Map";

/** A Map gets slower by itself when it does not fit into the processor's caches any more: what is ours is the rest. */
function aboveMap(figures: readonly Figure[], mapName: string): Figure[] {
  return figures
    .filter(({ subject }) => subject === "Store")
    .flatMap((ours): Figure[] => {
      const map = figures.find(({ what, subject }) => what === ours.what && subject === mapName);
      if (map === undefined) return [];
      const { cpuRounds: _, ...rest } = ours;
      const rounds = ours.rounds.map((us, round) => us - (map.rounds[round] ?? Number.NaN));
      return [{ ...rest, subject: storeAboveMap, rounds }];
    });
}

/** Puts an item where the Store finds it, with its directories, in a fraction of the time of storing it. */
function addObject(storage: MemoryStorage, key: string, value: Uint8Array<ArrayBuffer>): void {
  const name = `data/${nestKey(key)}`;
  storage.directories.add("data").add(name.slice(0, 7)).add(name.slice(0, 10));
  storage.objects.set(name, { value, modifiedAtMs: 0, accessedAtMs: 0 });
}
