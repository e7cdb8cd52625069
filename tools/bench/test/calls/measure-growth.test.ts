import { expect, test } from "vitest";
import { drawKeys } from "../../src/calls/draw-keys.ts";
import { growthCounts } from "../../src/calls/growth-counts.ts";
import { atSmallest, measureGrowth, type GrowthPlan } from "../../src/calls/measure-growth.ts";
import { asyncSubject } from "../../src/subjects/async-subject.ts";
import type { Subject } from "../../src/subjects/subject.ts";

const value = new Uint8Array(2);
const plan: GrowthPlan = { bench: "test", itemCounts: [30, 300], value, rounds: 1 };

/** Two subjects on one map, each of which fails when it does not find what is to be there. */
function sharedMap(miscount = 0): {
  readonly map: ReadonlyMap<string, Uint8Array>;
  readonly subject: (name: string) => Subject;
  readonly growTo: (itemCount: number) => Promise<string[]>;
} {
  const map = new Map<string, Uint8Array>();
  const subject = (name: string): Subject =>
    asyncSubject(name, async () => ({
      store: async (key, stored) => {
        if (map.has(key)) throw new Error(`${key} is there`);
        map.set(key, stored);
      },
      load: async (key) => map.get(key) ?? new Uint8Array(),
      info: async (key) => ({ size: map.get(key)?.byteLength ?? -1 }),
      delete: async (key) => {
        if (!map.delete(key)) throw new Error(`${key} is not there`);
      },
      list: async () => map.size + miscount,
    }));
  const growTo = async (itemCount: number): Promise<string[]> => {
    for (let at = map.size; at < itemCount; at++) map.set(`key ${at}`, value);
    return [...map.keys()];
  };
  return { map, subject, growTo };
}

test("a storage that two share grows, and is as large after each size as before", async () => {
  const { map, subject, growTo } = sharedMap();
  const subjects = [
    { name: "a", opened: await subject("a").open("") },
    { name: "b", opened: await subject("b").open("") },
  ];
  let settled = 0;
  const settle = async (): Promise<void> => void settled++;
  const figures = await measureGrowth({ subjects, growTo, settle }, plan);
  expect(map.size).toBe(300);
  expect(figures.map(({ what, subject: by }) => `${what}, ${by}`).sort()).toEqual(
    ["store", "load", "info", "delete", "an item of list"]
      .flatMap((call) =>
        [1, 10].flatMap((times) => [`${call}, ${times}x items, a`, `${call}, ${times}x items, b`]),
      )
      .sort(),
  );
  // Before each round, with the one that warms up.
  expect(settled).toBe(4);
  const large = figures.find(({ what, subject: by }) => what === "load, 10x items" && by === "b");
  const small = figures.find(({ what, subject: by }) => what === "load, 1x items" && by === "b");
  expect(large && atSmallest(large, figures)).toBe(small);
  const list = figures.find(({ what }) => what === "an item of list, 10x items");
  expect(list && atSmallest(list, figures)).toBeUndefined();
});

test("a listing that is not complete stops the run", async () => {
  const { subject, growTo } = sharedMap(-1);
  const subjects = [{ name: "a", opened: await subject("a").open("") }];
  await expect(measureGrowth({ subjects, growTo }, plan)).rejects.toThrow("a listed 29 of 30 items");
});

test("keys are drawn at random, each once", () => {
  const keys = Array.from({ length: 200 }, (_, at) => String(at));
  const drawn = drawKeys(keys, 100);
  expect(new Set(drawn).size).toBe(100);
  expect(drawn).not.toEqual(keys.slice(0, 100));
  expect(drawKeys(keys, 200).sort()).toEqual(keys.toSorted());
  expect(() => drawKeys(keys, 201)).toThrow("201 keys cannot be drawn from 200");
});

test("sizes grow tenfold to the most, and a small run has two of them", () => {
  expect(growthCounts(1_000_000)).toEqual([1000, 10_000, 100_000, 1_000_000]);
  expect(growthCounts(500)).toEqual([12, 120]);
});
