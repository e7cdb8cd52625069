import { nameProblem, nestName, unnestName } from "@borgstore/core";
import { cutIntoSlices, interleave, perCall, repeatRounds } from "../measure/interleave.ts";
import { nestKey } from "../measure/keys.ts";
import type { Figure } from "../report/report.ts";

const slices = 4;

interface NameCall {
  readonly subject: string;
  readonly names: readonly string[];
  /** Returns something that depends on its work, so that the work cannot be left out. */
  readonly call: (name: string) => number;
}

/** Measures the functions on names that every call passes; µs per call by round. */
export async function measureNames(keys: readonly string[], rounds: number): Promise<Figure[]> {
  const names = keys.map((key) => `data/${key}`);
  const nested = keys.map((key) => `data/${nestKey(key)}`);
  const calls: readonly NameCall[] = [
    { subject: "nameProblem", names: nested, call: (name) => (nameProblem(name) === undefined ? 0 : 1) },
    { subject: "nestName", names, call: (name) => nestName(name, 2).length },
    { subject: "unnestName", names: nested, call: (name) => unnestName(name, 2).length },
  ];
  let sum = 0;
  const values = await repeatRounds(rounds, async () =>
    interleave(calls, slices, ({ names: all, call }, slice) => {
      const part = cutIntoSlices(all, slices)[slice] ?? [];
      const start = performance.now();
      for (const name of part) sum += call(name);
      return performance.now() - start;
    }),
  );
  if (sum === 0) throw new Error("the functions on names did nothing");
  return calls.map(({ subject }, lane) => {
    const { rounds: us, cpuRounds } = perCall(values[lane], keys.length);
    return { bench: "core", what: "name", subject, callers: 1, unit: "us", rounds: us, cpuRounds };
  });
}
