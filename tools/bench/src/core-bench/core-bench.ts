import { bars, checkBars, type BarResult } from "../bars.ts";
import type { BenchOptions } from "../bench-options.ts";
import { makeKeys } from "../measure/keys.ts";
import type { Output } from "../report/output.ts";
import { relate, relateByDifference, type Figure } from "../report/report.ts";
import { bareSubject, measureCoreCalls } from "./call-bench.ts";
import { measureImport } from "./import-time.ts";
import { measureNames } from "./name-bench.ts";

/** A round in memory is short: more calls than with files make it steady. */
const callsPerCount = 5;
const defaultCount = 4000;

/** What core costs above a medium: Store, guard and layers per call, names, and the import. */
export async function benchCore(options: BenchOptions, output: Output): Promise<readonly BarResult[]> {
  const keys = makeKeys((options.count ?? defaultCount) * callsPerCount);
  const calls = await measureCoreCalls(keys, options.rounds);
  const boundOf = (figure: Figure): Figure | undefined =>
    figure.subject === bareSubject
      ? undefined
      : calls.find(({ subject, what }) => subject === bareSubject && what === figure.what);
  output.figures("Cost of a call above a medium that does nothing", relateByDifference(calls, boundOf));
  const names = await measureNames(keys, options.rounds);
  output.figures(
    "Functions on names",
    relate(names, () => undefined),
  );
  const imports = await measureImport(options.rounds);
  if (typeof imports === "string") output.note(`the import is not measured: ${imports}`);
  else
    output.figures(
      "Import in a fresh process",
      relate(imports, () => undefined),
    );
  return checkBars(
    bars.filter((bar) => bar.bench === "core"),
    calls,
  );
}
