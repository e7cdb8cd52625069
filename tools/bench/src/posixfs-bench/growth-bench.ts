import {
  growingCalls,
  growthName,
  measureGrowth,
  type GrowingStorage,
  type GrowthPlan,
} from "../calls/measure-growth.ts";
import { makeKeys, makeValue } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import { asyncSubject } from "../subjects/async-subject.ts";
import { openPosixfsStore, storeCalls } from "../subjects/ours.ts";
import { makeTree, rawSync } from "../subjects/raw-sync.ts";

/** Of the items after the first so many, only each 25th has the value that calls need, see {@link measureFileGrowth}. */
const itemsWithValue = 10_000;
const stride = 25;
const keysAtOnce = 10_000;

/** The subject whose figures are those of the Store without what the kernel adds in large trees. */
export const storeWithoutKernel = "Store, less the growth of raw-sync";

/**
 * Measures calls on one tree of two levels while it grows, by the Store and by hand, on other items each.
 *
 * The kernel itself takes longer in a large tree. What is ours is therefore given a second time for each size but the
 * smallest: divided by how many times as long `raw-sync` takes there as in the smallest one.
 *
 * Of a large tree most items are empty files: the directories and the inodes are what costs, and a million values
 * would take 4 GiB.
 */
export async function measureFileGrowth(
  itemCounts: readonly number[],
  rounds: number,
  workspace: Workspace,
): Promise<Figure[]> {
  const directory = workspace.makeDirectory();
  await using store = await openPosixfsStore(directory);
  const value = makeValue(1024);
  const ours = asyncSubject("Store", async () => storeCalls(store));
  const keys: string[] = [];
  let present = 0;
  const storage: GrowingStorage = {
    subjects: [
      { name: rawSync.name, opened: await rawSync.open(directory) },
      { name: ours.name, opened: await ours.open(directory) },
    ],
    growTo: async (itemCount) => {
      while (present < itemCount) {
        const more = makeKeys(Math.min(keysAtOnce, itemCount - present), `growth ${present}`);
        const first = present;
        const hasValue = (at: number): boolean => first < itemsWithValue || at % stride === 0;
        const full = more.filter((_, at) => hasValue(at));
        makeTree(`${directory}/data`, full, value);
        const empty = more.filter((_, at) => !hasValue(at));
        makeTree(`${directory}/data`, empty, new Uint8Array());
        keys.push(...full);
        present += more.length;
      }
      return keys;
    },
    settle: () => store.sync(),
  };
  const plan: GrowthPlan = { bench: "posixfs", itemCounts, value, rounds };
  const figures = await measureGrowth(storage, plan);
  workspace.discard(directory);
  return [...figures, ...withoutKernel(figures, itemCounts)];
}

/** What the Store took in larger trees, divided round by round by the growth of `raw-sync`. */
export function withoutKernel(figures: readonly Figure[], itemCounts: readonly number[]): Figure[] {
  const [smallest = 1, ...larger] = itemCounts;
  const find = (call: string, times: number, subject: string): Figure | undefined =>
    figures.find((figure) => figure.what === growthName(call, times) && figure.subject === subject);
  return growingCalls.flatMap((call) =>
    larger.flatMap((itemCount): Figure[] => {
      const times = itemCount / smallest;
      const ours = find(call, times, "Store");
      const raw = find(call, times, rawSync.name);
      const small = find(call, 1, rawSync.name);
      if (ours === undefined || raw === undefined || small === undefined) return [];
      const rounds = divideByGrowth(ours.rounds, raw.rounds, small.rounds);
      const { cpuRounds = [] } = ours;
      const cpu = divideByGrowth(cpuRounds, raw.cpuRounds ?? [], small.cpuRounds ?? []);
      return [{ ...ours, subject: storeWithoutKernel, rounds, cpuRounds: cpu }];
    }),
  );
}

function divideByGrowth(ours: readonly number[], raw: readonly number[], small: readonly number[]): number[] {
  return ours.map((us, round) => (us * (small[round] ?? Number.NaN)) / (raw[round] ?? Number.NaN));
}
