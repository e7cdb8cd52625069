import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { commandWorks } from "./command-works.ts";
import { isFree } from "./free-port.ts";
import { descendants, freezeDescendants, signalAll, waitUntilGone } from "./process-tree.ts";

/** What to run, and where it will listen. */
export interface ServerCommand {
  /** An absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Gets what the server prints, after what it holds already. */
  readonly logFile: string;
  /** On 127.0.0.1. */
  readonly port: number;
}

/** An SSH server that runs in the foreground of a child process. */
export interface ServerProcess {
  readonly pid: number;
  /** Ends it and all processes below it with SIGKILL, and waits until they are gone. */
  kill(): Promise<void>;
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

function killRunning(): void {
  for (const pid of running) killTree(pid);
}

/** The exit handler does not run when this process is killed; where the system can tie a child to us, it does. */
function bindToUs(program: string, args: readonly string[]): [string, string[]] {
  bound ??= commandWorks("setpriv", ["--pdeathsig", "TERM", "--", "true"]);
  return bound ? ["setpriv", ["--pdeathsig", "TERM", "--", program, ...args]] : [program, [...args]];
}

/** Whether an SSH server greets on the port. Connected is not enough: then it may not yet have taken notice of us. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("data", () => {
      resolve(true);
      socket.destroy();
    });
  });
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}

/**
 * Starts an SSH server and waits until it answers and has forgotten the connection that tried. It ends with this
 * process at the latest, and does not keep it alive.
 *
 * @throws Error when the port is taken, and with the end of its log when it ends by itself or is not ready after 20 s.
 */
export async function startServer({
  program,
  args,
  env,
  logFile,
  port,
}: ServerCommand): Promise<ServerProcess> {
  // Or another server on that port would be taken for this one.
  if (!(await isFree(port))) throw new Error(`127.0.0.1:${port}: address already in use`);
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(...bindToUs(program, args), { stdio: ["ignore", log, log], env });
  closeSync(log);
  child.unref();
  const { pid } = child;
  const state: { ended?: string } = {};
  child.once("error", (error) => (state.ended = error.message));
  child.once("exit", (code, signal) => {
    state.ended = `ended with ${signal ?? `exit code ${code}`}`;
    if (pid !== undefined) running.delete(pid);
  });
  if (pid !== undefined) remember(pid);

  const deadline = Date.now() + 20_000;
  let answers = false;
  for (;;) {
    answers ||= await greets(port);
    if (pid !== undefined && state.ended === undefined && answers && descendants(pid).length === 0) break;
    if (state.ended !== undefined || Date.now() > deadline) {
      if (pid !== undefined) await waitUntilGone(killTree(pid));
      throw new Error(`${program}: ${state.ended ?? "is not ready"}\n${lastLines(logFile)}`);
    }
    await delay(10);
  }
  return { pid, kill: async () => await waitUntilGone(killTree(pid)) };
}
