import {
  addMeasurements,
  cutIntoSlices,
  interleave,
  perCall,
  repeatRounds,
  type Measurement,
} from "../measure/interleave.ts";
import type { Figure } from "../report/report.ts";
import type { OpenSubject } from "../subjects/subject.ts";
import { drawKeys } from "./draw-keys.ts";

/**
 * The calls of one slice, in their order. Each is on keys of its own, that it does not find in a cache because
 * another call was there, but for `store`, which puts back what `delete` took away some thousand calls before.
 */
const operations = ["delete", "load", "info", "store"] as const;
const keySets = 3;
const slices = 10;
const mostCallsPerSlice = 400;
/** Above so many items a listing takes seconds, and is measured once, after one to warm up. */
const manyItems = 100_000;

/** Several subjects on storages that grow, or on one that they share. */
export interface GrowingStorage {
  readonly subjects: readonly { readonly name: string; readonly opened: OpenSubject }[];
  /**
   * Brings the storages to so many items.
   *
   * @returns some of their keys, at least three for each subject, whose values are those of the plan
   */
  growTo(itemCount: number): Promise<readonly string[]>;
  /** Does what the subjects have put off, so that it does not come in the middle of a round. */
  settle?(): Promise<void>;
}

/** What to measure. */
export interface GrowthPlan {
  readonly bench: string;
  /** Numbers of items, from the smallest to the largest, each a multiple of the first. */
  readonly itemCounts: readonly number[];
  readonly value: Uint8Array;
  readonly rounds: number;
}

/** The calls of a figure and of its bars. */
export const growingCalls: readonly string[] = operations.toSorted();

/** The name of a figure of a storage with so many times the items of the smallest one. */
export function growthName(call: string, times: number): string {
  return `${call}, ${times}x items`;
}

/**
 * The figure of the same call in the smallest storage; `undefined` for a listing, of which a large one is not
 * measured as often.
 */
export function atSmallest({ what, subject }: Figure, figures: readonly Figure[]): Figure | undefined {
  const call = growingCalls.find((name) => what.startsWith(`${name},`));
  if (call === undefined) return undefined;
  return figures.find((figure) => figure.subject === subject && figure.what === growthName(call, 1));
}

/**
 * Measures what calls on items chosen at random cost while storages grow: µs a call, and for a listing µs an item.
 * The figures have names after {@link growthName}.
 */
export async function measureGrowth(storage: GrowingStorage, plan: GrowthPlan): Promise<Figure[]> {
  const [smallest = 1] = plan.itemCounts;
  const figures: Figure[] = [];
  for (const itemCount of plan.itemCounts) {
    const keys = await storage.growTo(itemCount);
    const nameOf = (call: string): string => growthName(call, itemCount / smallest);
    figures.push(...(await measureCallsOn(keys, storage, plan, nameOf)));
    figures.push(...(await measureList(itemCount, storage, plan, nameOf)));
  }
  return figures;
}

async function measureCallsOn(
  keys: readonly string[],
  storage: GrowingStorage,
  { bench, value, rounds }: GrowthPlan,
  nameOf: (call: string) => string,
): Promise<Figure[]> {
  const { subjects } = storage;
  const sets = keySets * subjects.length;
  const count = Math.min(mostCallsPerSlice, Math.floor(keys.length / sets));
  const values = await repeatRounds(rounds, async (round) => {
    await storage.settle?.();
    let sums: Measurement[] = [];
    for (let slice = 0; slice < slices; slice++) {
      const parts = cutIntoSlices(drawKeys(keys, count * sets), sets);
      const lanes = subjects.map(({ opened }, at) => ({ opened, parts: parts.slice(at * keySets) }));
      const measured: Measurement[] = [];
      for (const [position, operation] of operations.entries()) {
        const run = async ({ opened, parts: own }: (typeof lanes)[number]): Promise<number> =>
          await opened.run(operation, own[position % keySets] ?? [], value, 1);
        measured.push(...(await interleave(lanes, 1, run, round + slice)));
      }
      sums = slice === 0 ? measured : addMeasurements(sums, measured);
    }
    return sums;
  });
  return operations.flatMap((call, position) =>
    subjects.map(({ name: subject }, at): Figure => {
      const what = nameOf(call);
      const lane = perCall(values[position * subjects.length + at], count * slices);
      return { bench, what, subject, callers: 1, unit: "us", rounds: lane.rounds, cpuRounds: lane.cpuRounds };
    }),
  );
}

async function measureList(
  itemCount: number,
  { subjects }: GrowingStorage,
  { bench, rounds }: GrowthPlan,
  nameOf: (call: string) => string,
): Promise<Figure[]> {
  const list = async ({ name, opened }: (typeof subjects)[number]): Promise<number> => {
    const { count, ms } = await opened.list();
    if (count !== itemCount) throw new Error(`${name} listed ${count} of ${itemCount} items`);
    return ms;
  };
  const values = await repeatRounds(
    itemCount > manyItems ? 1 : rounds,
    async (round) => await interleave(subjects, 1, list, round),
  );
  return subjects.map(({ name: subject }, at): Figure => {
    const { rounds: us, cpuRounds } = perCall(values[at], itemCount);
    return { bench, what: nameOf("an item of list"), subject, callers: 1, unit: "us", rounds: us, cpuRounds };
  });
}
