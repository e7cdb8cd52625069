import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

interface Row {
  readonly pid: number;
  readonly parent: number;
}

/** The state is the first field after the name, which stands in brackets and may itself contain anything. */
function readStat(pid: string): Row | undefined {
  let text;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    // It ended since the folder was listed.
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
  const [state, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? undefined : { pid: Number(pid), parent: Number(parent) };
}

/** All processes that run or are stopped. Those that only wait for their parent to notice their end are left out. */
function processes(): Row[] {
  if (existsSync("/proc/self/stat")) {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.map(readStat).filter((row) => row !== undefined);
  }
  const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" }).trim().split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !(state ?? "").startsWith("Z"))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

/** The children of a process, their children and so on, each after its parent; without the process itself. */
export function descendants(root: number): number[] {
  const rows = processes();
  const found = [root];
  // The list grows while it is walked.
  for (const one of found) found.push(...rows.filter(({ parent }) => parent === one).map(({ pid }) => pid));
  return found.slice(1);
}

/** Sends a signal to each process that still exists. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

/** Stops all descendants with SIGSTOP, also those that start meanwhile, and names them. */
export function freezeDescendants(root: number): number[] {
  const frozen = new Set<number>();
  for (;;) {
    const fresh = descendants(root).filter((pid) => !frozen.has(pid));
    if (fresh.length === 0) return [...frozen];
    signalAll(fresh, "SIGSTOP");
    for (const pid of fresh) frozen.add(pid);
  }
}

/**
 * Waits until none of the processes is left. Nothing announces the end of a process that is not one's child, so this
 * looks again and again.
 *
 * @throws Error when one is still there after 10 s.
 */
export async function waitUntilGone(pids: readonly number[]): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const left = processes().filter(({ pid }) => pids.includes(pid));
    if (left.length === 0) return;
    if (Date.now() > deadline) throw new Error(`still running: ${left.map(({ pid }) => pid).join(", ")}`);
    await delay(5);
  }
}
