import { pathToFileURL } from "node:url";
import { realpathSync } from "node:fs";
import type { BarResult } from "./bars.ts";
import { parseBenchOptions, usage, type BenchOptions } from "./bench-options.ts";
import { benchCore } from "./core-bench/core-bench.ts";
import { benchPosixfs } from "./posixfs-bench/posixfs-bench.ts";
import { benchRclone } from "./rclone-bench/rclone-bench.ts";
import { Output } from "./report/output.ts";
import { runReport } from "./report/report-command.ts";
import { benchS3 } from "./s3-bench/s3-bench.ts";
import { benchSftp } from "./sftp-bench/sftp-bench.ts";

type Bench = (options: BenchOptions, output: Output) => Promise<readonly BarResult[]>;

/** What `pnpm bench` can run, by name. */
const benches: ReadonlyMap<string, Bench> = new Map([
  ["posixfs", benchPosixfs],
  ["core", benchCore],
  ["sftp", benchSftp],
  ["s3", benchS3],
  ["rclone", benchRclone],
]);

/**
 * The `bench` command.
 *
 * @param write takes text in whole lines.
 * @returns the exit code: 0, 1 with `--check` when a bar is missed, 2 for a wrong command line.
 */
export async function runBench(args: readonly string[], write: (text: string) => void): Promise<number> {
  if (args.includes("--help")) {
    write(usage);
    return 0;
  }
  let options: BenchOptions;
  try {
    const [command, ...rest] = args;
    if (command === "report") {
      runReport(rest, write);
      return 0;
    }
    options = parseBenchOptions(args, [...benches.keys()]);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    write(`${error.message}\n\n${usage}`);
    return 2;
  }
  const output = new Output(write);
  const results: BarResult[] = [];
  for (const name of options.benches) {
    const bench = benches.get(name);
    if (bench === undefined) continue;
    output.begin(name);
    results.push(...(await bench(options, output)));
  }
  output.bars(results);
  output.save(options.benches, options.jsonFile);
  return options.check && results.some(({ outcome }) => outcome === "missed") ? 1 : 0;
}

const program = process.argv[1];
if (program !== undefined && pathToFileURL(realpathSync(program)).href === import.meta.url) {
  // As the signals do by themselves, but with what is done at the exit.
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  process.exitCode = await runBench(process.argv.slice(2), (text) => process.stdout.write(text));
}
