import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { formatSize } from "../bench-options.ts";
import { builtEntry } from "../measure/built-packages.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";

const probe = fileURLToPath(new URL("../../syscall-probe.mjs", import.meta.url));
const calls = 100;
const sizes = [1024, 65_536];

/**
 * Counts the system calls that one call of the Store makes on its storage, exactly: strace writes the path of
 * each file and descriptor, so what the runtime does elsewhere is left out.
 *
 * @returns the reason as a string when they cannot be counted here.
 */
export function countSystemCalls(workspace: Workspace): Figure[] | string {
  const isBuilt = ["@borgstore/core", "@borgstore/backend-posixfs"].every(
    (name) => builtEntry(name) !== undefined,
  );
  if (!isBuilt) return "the packages are not built";
  const test = spawnSync("strace", ["-qq", "-o", "/dev/null", "true"], { stdio: "ignore" });
  if (test.error !== undefined) return "strace is missing";
  if (test.status !== 0) return "strace may not trace here";
  return ["store", "load", "info", "delete"].flatMap((call) =>
    sizes.map((size): Figure => {
      const rounds = [countCalls(call, size, workspace) / calls];
      const what = `system calls of ${call} ${formatSize(size)}`;
      return { bench: "posixfs", what, subject: "Store", callers: 1, unit: "calls", rounds };
    }),
  );
}

function countCalls(call: string, size: number, workspace: Workspace): number {
  const storage = workspace.makeDirectory();
  const trace = `${workspace.nameDirectory()}.trace`;
  const probeArgs = [probe, storage, call, String(size), String(calls)];
  const traced = ["-f", "-y", "-qq", "-o", trace, "-e", "trace=%file,%desc", process.execPath, ...probeArgs];
  const run = spawnSync("strace", traced, { stdio: ["ignore", "ignore", "inherit"] });
  if (run.status !== 0) throw new Error(`the traced ${call} ended with ${run.status}; its message is above`);
  const count = countTracedCalls(readFileSync(trace, "utf8"), storage);
  rmSync(trace);
  workspace.discard(storage);
  return count;
}

/**
 * Counts the system calls on anything below a directory between the two marks that the probe sets by looking
 * for `…/begin.mark` and `…/end.mark`.
 *
 * @throws Error when the marks are missing.
 */
export function countTracedCalls(trace: string, directory: string): number {
  const lines = trace.split("\n");
  const begin = lines.findIndex((line) => line.includes(`${directory}/begin.mark`));
  const end = lines.findIndex((line) => line.includes(`${directory}/end.mark`));
  if (begin === -1 || end <= begin) throw new Error("the trace has no marks");
  // The second half of an interrupted call is not another one.
  return lines.slice(begin + 1, end).filter((line) => line.includes(directory) && !line.includes("resumed>"))
    .length;
}
