import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { commandWorks } from "./command-works.ts";
import { freezeDescendants, signalAll, waitUntilGone } from "./process-tree.ts";

/** What to run. */
export interface BoundCommand {
  /** An absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Its working directory. Default: that of this process. */
  readonly cwd?: string;
  /** Gets what the program prints, after what it holds already. */
  readonly logFile: string;
  /** What it gets when this process is killed, where the system can do that. Default: `SIGTERM`. */
  readonly deathSignal?: "SIGTERM" | "SIGKILL";
}

/** A child process that ends with this process at the latest, and does not keep it alive. */
export interface BoundProcess {
  /** `undefined` when it could not be started. */
  readonly pid: number | undefined;
  /** Resolves when it has ended, or could not be started, with how: `ended with exit code 0`. */
  readonly ended: Promise<string>;
  /** Ends it and all processes below it with SIGKILL, and waits until they are gone. */
  readonly kill: () => Promise<void>;
}

const running = new Set<number>();
let bound: boolean | undefined;

function killTree(pid: number): number[] {
  // Stopped first, so that none of them starts another one that would be missed.
  signalAll([pid], "SIGSTOP");
  const pids = [pid, ...freezeDescendants(pid)];
  signalAll(pids, "SIGKILL");
  return pids;
}

function remember(pid: number): void {
  if (running.size === 0 && !process.listeners("exit").includes(killRunning)) process.on("exit", killRunning);
  running.add(pid);
}

/** Ends all of them with SIGKILL, without waiting. This process does so by itself when it exits. */
export function killRunning(): void {
  for (const pid of running) killTree(pid);
}

/** The exit handler does not run when this process is killed; where the system can tie a child to us, it does. */
function bindToUs({ program, args, deathSignal = "SIGTERM" }: BoundCommand): [string, string[]] {
  bound ??= commandWorks("setpriv", ["--pdeathsig", "TERM", "--", "true"]);
  const signal = deathSignal.slice("SIG".length);
  return bound ? ["setpriv", ["--pdeathsig", signal, "--", program, ...args]] : [program, [...args]];
}

/** The end of a log, to be shown. */
export function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}

/** Starts a program in the background, without input. */
export function startBound(command: BoundCommand): BoundProcess {
  const log = openSync(command.logFile, "a", 0o600);
  const { env, cwd } = command;
  const child = spawn(...bindToUs(command), { stdio: ["ignore", log, log], env, ...(cwd && { cwd }) });
  closeSync(log);
  child.unref();
  const { pid } = child;
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => {
      if (pid !== undefined) running.delete(pid);
      resolve(`ended with ${signal ?? `exit code ${code}`}`);
    });
  });
  if (pid !== undefined) remember(pid);
  const kill = async () => {
    // When it has ended, its id may be that of somebody else.
    if (pid === undefined || !running.has(pid)) return;
    await waitUntilGone(killTree(pid));
    // Its other threads may live on for a moment when it looks gone, and hold its port.
    child.ref();
    await ended;
  };
  return { pid, ended, kill };
}
