import { Store } from "@borgstore/core";
import { formatSize } from "../bench-options.ts";
import { cutIntoSlices, interleave, perCall, repeatRounds } from "../measure/interleave.ts";
import { makeValue, nestKey } from "../measure/keys.ts";
import type { Figure } from "../report/report.ts";
import { callForEach } from "../subjects/async-subject.ts";
import { BareBackend } from "./bare-backend.ts";

const slices = 4;
const byteLengths = [2 ** 10, 2 ** 20] as const;
const calls = ["store", "load"] as const;

/** The subject whose figures are what the Store adds to the bare backend with values of a size. */
export function addedBySize(byteLength: number): string {
  return `Store, values of ${formatSize(byteLength)}`;
}

/**
 * Measures whether what the Store adds to a store and a load depends on the length of the value, which it should
 * not: µs added to the bare backend by round, for values of 1 KiB and of 1 MiB in turns.
 */
export async function measureBytes(keys: readonly string[], rounds: number): Promise<Figure[]> {
  const namespaces = { data: { levels: [2] } };
  const names = keys.map((key) => `data/${key}`);
  const nested = keys.map((key) => `data/${nestKey(key)}`);
  const stores: Store[] = [];
  const lanes = byteLengths.flatMap((byteLength) => {
    const value = new Uint8Array(makeValue(byteLength));
    const store = new Store({ backend: new BareBackend(value), namespaces });
    stores.push(store);
    return [
      { value, callable: new BareBackend(value), keys: nested },
      { value, callable: store, keys: names },
    ];
  });
  for (const store of stores) await store.open();
  const figures: Figure[] = [];
  for (const call of calls) {
    const values = await repeatRounds(rounds, async (round) =>
      interleave(
        lanes,
        slices,
        async ({ value, callable, keys: all }, slice) => {
          const run = (name: string): Promise<unknown> =>
            call === "store" ? callable.store(name, value) : callable.load(name);
          const start = performance.now();
          await callForEach(cutIntoSlices(all, slices)[slice] ?? [], 1, run, () => undefined);
          return performance.now() - start;
        },
        round,
      ),
    );
    for (const [at, byteLength] of byteLengths.entries()) {
      const bare = perCall(values[at * 2], keys.length);
      const store = perCall(values[at * 2 + 1], keys.length);
      figures.push({
        bench: "core",
        what: `added to ${call}`,
        subject: addedBySize(byteLength),
        callers: 1,
        unit: "us",
        rounds: subtract(store.rounds, bare.rounds),
        cpuRounds: subtract(store.cpuRounds, bare.cpuRounds),
      });
    }
  }
  for (const store of stores) await store.close();
  return figures;
}

function subtract(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, round) => value - (others[round] ?? Number.NaN));
}
