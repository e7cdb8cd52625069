import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** How many system calls of each kind, by names that are the same on all processors: `open` for `openat`. */
export type CallCounts = Readonly<Record<string, number>>;

const probe = fileURLToPath(new URL("../../syscall-probe.mjs", import.meta.url));

/** What a kind is called on some processors or in some libraries. */
const sameCalls: ReadonlyMap<string, string> = new Map([
  ["pread64", "read"],
  ["pwrite64", "write"],
  ["renameat2", "rename"],
  ["stat", "stat"],
  ["fstat", "stat"],
  ["lstat", "stat"],
  ["newfstatat", "stat"],
  ["statx", "stat"],
  ["getdents64", "getdents"],
]);

/**
 * Runs scenarios of `syscall-probe.mjs` under strace, on the built packages, and counts for each the system calls on
 * its storage. strace writes the path of each file and descriptor: what the runtime does elsewhere is left out.
 *
 * @param directory exists, and is empty; it stays.
 * @param calls for each scenario, up to 256.
 */
export function traceScenarios(
  directory: string,
  calls: number,
  scenarios: readonly string[],
): Map<string, CallCounts> {
  const storages = `${directory}/storages`;
  const output = `${directory}/trace`;
  mkdirSync(storages);
  const program = [process.execPath, probe, storages, String(calls), ...scenarios];
  const run = spawnSync("strace", ["-f", "-y", "-qq", "-o", output, "-e", "trace=%file,%desc", ...program], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) throw new Error(`the traced program ended with ${run.status}: ${run.stderr}`);
  const trace = readFileSync(output, "utf8");
  const counts = scenarios.map((name, at) => [name, countKinds(trace, `${storages}/${at}`)] as const);
  rmSync(storages, { recursive: true });
  rmSync(output);
  return new Map(counts);
}

/**
 * Counts the system calls on a directory, and on anything below it, between the two marks that the probe sets by
 * looking for `…/begin.mark` and `…/end.mark`.
 *
 * @throws Error when the marks are missing.
 */
export function countKinds(trace: string, directory: string): CallCounts {
  const lines = trace.split("\n");
  const begin = lines.findIndex((line) => line.includes(`"${directory}/begin.mark"`));
  const end = lines.findIndex((line) => line.includes(`"${directory}/end.mark"`));
  if (begin === -1 || end <= begin) throw new Error("the trace has no marks");
  const counts: Record<string, number> = {};
  for (const line of lines.slice(begin + 1, end)) {
    // The second half of an interrupted call is not another one.
    const call = /^\d+ +(\w+)\(/.exec(line)?.[1];
    if (call === undefined || !isOn(directory, line)) continue;
    const kind = sameCalls.get(call) ?? call.replace(/at$/, "");
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** Whether the line names the directory as an argument or a descriptor's path, and not only one that begins alike. */
function isOn(directory: string, line: string): boolean {
  return ["/", '"', ">"].some((next) => line.includes(directory + next));
}

/** The number of calls of all kinds. */
export function sumOf(counts: CallCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
