import { rmSync } from "node:fs";
import { commandWorks } from "@borgstore/tools-peers";
import { formatSize } from "../bench-options.ts";
import { countKinds, sumOf, traceScenarios } from "../guard/traced-calls.ts";
import { builtEntry } from "../measure/built-packages.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";

const calls = 100;
const sizes = [1024, 65_536];

/**
 * Counts the system calls that one call of the Store makes on its storage, exactly.
 *
 * @returns the reason as a string when they cannot be counted here.
 */
export function countSystemCalls(workspace: Workspace): Figure[] | string {
  const isBuilt = ["@borgstore/core", "@borgstore/backend-posixfs"].every(
    (name) => builtEntry(name) !== undefined,
  );
  if (!isBuilt) return "the packages are not built";
  if (!straceWorks()) return "strace is missing, or may not trace here";
  const scenarios = ["store", "load", "info", "delete"].flatMap((call) =>
    sizes.map((size) => `${call} ${formatSize(size)}`),
  );
  const directory = workspace.makeDirectory();
  const counted = traceScenarios(directory, calls, scenarios);
  rmSync(directory, { recursive: true });
  return Array.from(counted, ([scenario, counts]): Figure => {
    const what = `system calls of ${scenario}`;
    const rounds = [sumOf(counts) / calls];
    return { bench: "posixfs", what, subject: "Store", callers: 1, unit: "calls", rounds };
  });
}

/** Whether system calls can be traced here. */
export function straceWorks(): boolean {
  return commandWorks("strace", ["-qq", "-o", "/dev/null", "true"]);
}

/**
 * Counts the system calls on anything below a directory between the two marks, see {@link countKinds}.
 *
 * @throws Error when the marks are missing.
 */
export function countTracedCalls(trace: string, directory: string): number {
  return sumOf(countKinds(trace, directory));
}
