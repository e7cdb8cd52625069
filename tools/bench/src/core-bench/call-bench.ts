import { defineBackend, Store, type Backend } from "@borgstore/core";
import { cutIntoSlices, interleave, perCall, repeatRounds } from "../measure/interleave.ts";
import { makeValue, nestKey } from "../measure/keys.ts";
import type { Figure } from "../report/report.ts";
import { callForEach } from "../subjects/async-subject.ts";
import { BareBackend } from "./bare-backend.ts";
import { layers } from "./layers.ts";

const calls = ["store", "load", "info", "delete"] as const;
const slices = 4;

/** The calls of a Store, a Backend or a driver, whatever else they are. */
interface Callable {
  store(name: string, value: Uint8Array): Promise<unknown>;
  load(name: string): Promise<unknown>;
  info(name: string): Promise<unknown>;
  delete(name: string): Promise<unknown>;
}

interface Lane {
  readonly subject: string;
  readonly callable: Callable;
  readonly names: readonly string[];
}

/** The subject that all others are compared with. */
export const bareSubject = "bare backend";

/** Measures what stands between a caller and a medium that does nothing; µs per call by round. */
export async function measureCoreCalls(keys: readonly string[], rounds: number): Promise<Figure[]> {
  const value = new Uint8Array(makeValue(1024));
  const nested = keys.map((key) => `data/${nestKey(key)}`);
  const names = keys.map((key) => `data/${key}`);
  const bare = new BareBackend(value);
  await using guarded = defineBackend(new BareBackend(value));
  await guarded.open();
  await using store = new Store({ backend: new BareBackend(value), namespaces: { data: { levels: [2] } } });
  await store.open();
  const layered = layers.map(({ name, add }) => ({ name, backend: add(new BareBackend(value)) }));
  await Promise.all(layered.map(async ({ backend }) => await backend.open()));
  const lanes: Lane[] = [
    { subject: bareSubject, callable: bare, names: nested },
    { subject: "Store", callable: store, names },
    { subject: "guard", callable: guarded, names: nested },
    ...layered.map(({ name, backend }) => ({ subject: name, callable: backend, names: nested })),
  ];
  const figures: Figure[] = [];
  for (const call of calls) figures.push(...(await measureCall(call, lanes, value, rounds)));
  await Promise.all(layered.map(async ({ backend }: { readonly backend: Backend }) => await backend.close()));
  return figures;
}

async function measureCall(
  call: (typeof calls)[number],
  lanes: readonly Lane[],
  value: Uint8Array,
  rounds: number,
): Promise<Figure[]> {
  const values = await repeatRounds(rounds, async () =>
    interleave(lanes, slices, async ({ callable, names }, slice) => {
      const part = cutIntoSlices(names, slices)[slice] ?? [];
      const run = (name: string): Promise<unknown> =>
        call === "store" ? callable.store(name, value) : callable[call](name);
      const start = performance.now();
      await callForEach(part, 1, run, () => undefined);
      return performance.now() - start;
    }),
  );
  return lanes.map(({ subject, names }, lane) => {
    const figure = perCall(values[lane], names.length);
    return { bench: "core", what: call, subject, callers: 1, unit: "us", ...figure };
  });
}
