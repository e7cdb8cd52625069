import { bars, checkBars, type BarResult } from "../bars.ts";
import type { BenchOptions } from "../bench-options.ts";
import { growthCounts } from "../calls/growth-counts.ts";
import { atSmallest } from "../calls/measure-growth.ts";
import { makeKeys } from "../measure/keys.ts";
import { Workspace } from "../measure/workspace.ts";
import type { Output } from "../report/output.ts";
import { relate, relateByDifference, type Figure } from "../report/report.ts";
import { addedBySize, measureBytes } from "./byte-bench.ts";
import { bareSubject, measureCoreCalls } from "./call-bench.ts";
import { emptyModule, measureImport } from "./import-time.ts";
import { measureMemoryGrowth } from "./memory-growth-bench.ts";
import { measureNames } from "./name-bench.ts";
import { measureSizes } from "./size-bench.ts";

/** A round in memory is short: more calls than with files make it steady. */
const callsPerCount = 5;
const defaultCount = 4000;
/** As many items at most as the largest storage of local files has. */
const defaultListCount = 100_000;
const timesOfList = 10;

type Part = (options: BenchOptions, output: Output) => Promise<readonly Figure[]>;

/** What is measured, by the name of the part, in the order of running. */
const parts: ReadonlyMap<BenchOptions["parts"][number], Part> = new Map([
  ["calls", benchCalls],
  ["growth", benchGrowth],
  ["import", benchImport],
  ["size", benchSize],
]);

/** What core costs above a medium: Store, guard and layers per call, names, large storages; imports and sizes. */
export async function benchCore(options: BenchOptions, output: Output): Promise<readonly BarResult[]> {
  const figures: Figure[] = [];
  for (const [name, bench] of parts) {
    if (options.parts.includes(name)) figures.push(...(await bench(options, output)));
  }
  return checkBars(
    bars.filter((bar) => bar.bench === "core"),
    figures,
  );
}

async function benchCalls(options: BenchOptions, output: Output): Promise<Figure[]> {
  const keys = makeKeys((options.count ?? defaultCount) * callsPerCount);
  const calls = await measureCoreCalls(keys, options.rounds);
  const heading = "Cost of a call above a medium that does nothing";
  output.figures(heading, relateByDifference(calls, boundBy(bareSubject, calls)));
  const bytes = await measureBytes(keys, options.rounds);
  output.figures(
    "What the Store adds to a medium that does nothing, by the length of the value",
    relateByDifference(bytes, boundBy(addedBySize(2 ** 10), bytes)),
  );
  const names = await measureNames(keys, options.rounds);
  output.figures(
    "Functions on names",
    relate(names, () => undefined),
  );
  return [...calls, ...bytes, ...names];
}

async function benchGrowth(options: BenchOptions, output: Output): Promise<Figure[]> {
  const counts = growthCounts((options.listCount ?? defaultListCount) * timesOfList);
  const figures = await measureMemoryGrowth(counts, options.rounds);
  output.figures(
    `Calls as the memory backend grows: ${counts[0]} to ${counts.at(-1)} items, ratio to the smallest`,
    relate(figures, (figure) => atSmallest(figure, figures)),
  );
  return figures;
}

async function benchImport(options: BenchOptions, output: Output): Promise<Figure[]> {
  const figures = await measureImport(options.rounds);
  if (typeof figures === "string") {
    output.note(`the import is not measured: ${figures}`);
    return [];
  }
  output.figures("Import in a fresh process", relateByDifference(figures, boundBy(emptyModule, figures)));
  return figures;
}

async function benchSize(options: BenchOptions, output: Output): Promise<Figure[]> {
  using workspace = new Workspace(options.directory);
  const figures = measureSizes(workspace);
  if (typeof figures === "string") {
    output.note(`sizes are not measured: ${figures}`);
    return [];
  }
  output.figures(
    "Sizes of packages",
    relate(figures, () => undefined),
  );
  return figures;
}

/** Finds the figure of one subject that is the bound of all others. */
function boundBy(subject: string, figures: readonly Figure[]): (figure: Figure) => Figure | undefined {
  return (figure) =>
    figure.subject === subject
      ? undefined
      : figures.find((other) => other.subject === subject && other.what === figure.what);
}
