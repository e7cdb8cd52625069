import { cutIntoSlices, interleave, perCall, repeatRounds } from "../measure/interleave.ts";
import { makeKeys, makeNeighbourKeys, makeValue } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import { callForEach } from "../subjects/async-subject.ts";
import { openPosixfsStore } from "../subjects/ours.ts";
import { directoriesOf, makeDirectoriesDurably, storeDurably, syncsAtOnce } from "./durable-by-hand.ts";

const slices = 4;

/** What bars call durable stores written by hand. */
export const byHand = "by hand";

/** One way to store durably, at work in one storage. */
interface DurableStores {
  store(keys: readonly string[], value: Uint8Array): Promise<void>;
  close?(): Promise<void>;
}

interface Way {
  readonly subject: string;
  open(directory: string): Promise<DurableStores>;
}

const handWritten = (subject: string, withDirectory: boolean): Way => ({
  subject,
  open: async (directory) => ({
    store: (keys, value) => storeDurably(directory, keys, value, withDirectory),
  }),
});

const ways: readonly Way[] = [
  handWritten(byHand, true),
  handWritten("by hand, names unsynced", false),
  {
    subject: "Store",
    open: async (directory) => {
      const store = await openPosixfsStore(directory, { durability: "each" });
      return {
        store: async (keys, value) =>
          await callForEach(
            keys,
            syncsAtOnce,
            (key) => store.store(`data/${key}`, value),
            () => undefined,
          ),
        close: () => store.close(),
      };
    },
  },
];

/**
 * Measures stores of 1 KiB that are durable when they resolve, 16 in flight, in µs a store: ours with durability
 * `each`, and what it takes by hand. The directories are there and durable before.
 */
export async function measureDurableStores(
  count: number,
  rounds: number,
  workspace: Workspace,
): Promise<Figure[]> {
  const value = makeValue(1024);
  const keys = makeKeys(count, "durable");
  const parts = cutIntoSlices(makeNeighbourKeys(keys), slices);
  const values = await repeatRounds(rounds, async (round) => {
    const open: DurableStores[] = [];
    try {
      for (const way of ways) {
        const directory = workspace.makeDirectory();
        open.push(await way.open(directory));
        await makeDirectoriesDurably(directoriesOf(directory, keys));
      }
      const run = async (way: DurableStores, slice: number): Promise<number> => {
        const start = performance.now();
        await way.store(parts[slice] ?? [], value);
        return performance.now() - start;
      };
      return await interleave(open, parts.length, run, round);
    } finally {
      for (const way of open) await way.close?.();
    }
  });
  return ways.map(({ subject }, way) => {
    const what = "durable store 1KiB";
    const { rounds: us, cpuRounds } = perCall(values[way], count);
    return { bench: "posixfs", what, subject, callers: syncsAtOnce, unit: "us", rounds: us, cpuRounds };
  });
}
