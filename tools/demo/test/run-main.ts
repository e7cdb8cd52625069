import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DemoReport } from "../src/report.ts";

const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** A demo that runs as a process of its own. */
export interface RunningDemo {
  readonly child: ChildProcess;
  /** Resolves when the output (of both streams, as it comes) matches; rejects when the process ends before. */
  seen(pattern: RegExp): Promise<void>;
  readonly ended: Promise<EndedDemo>;
}

/** A demo that has ended. */
interface EndedDemo {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link startDemo}. */
export interface StartOptions {
  /** The temp directory that the demo sees. */
  readonly temp: string;
  /** Emulated latency of each call of the store, which makes time to stop it in between. */
  readonly latencyMs?: number;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Makes it the leader of a process group, to which a signal can be sent as a terminal does. Default: it is not. */
  readonly isGroupLeader?: boolean;
}

/** Starts the built demo. */
export function startDemo(args: readonly string[], options: StartOptions): RunningDemo {
  const { temp, latencyMs, env = {}, isGroupLeader = false } = options;
  if (!existsSync(main)) throw new Error(`${main} is missing: run "pnpm build" first`);
  const emulation = latencyMs === undefined ? {} : { BORGSTORE_LATENCY: `${latencyMs * 1000}` };
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, TMPDIR: temp, ...emulation, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: isGroupLeader,
  });
  const output = { stdout: "", stderr: "", both: "" };
  const watchers = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
      output.both += text;
      for (const watch of watchers) watch();
    });
  }
  const ended = new Promise<EndedDemo>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, killedBy) => {
      resolve({ code, killedBy, stdout: output.stdout, stderr: output.stderr });
    });
  });
  const seen = async (pattern: RegExp): Promise<void> => {
    const matched = new Promise<void>((resolve) => {
      const watch = (): void => {
        if (!pattern.test(output.both)) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
      watch();
    });
    const tooLate = ended.then(() => {
      if (pattern.test(output.both)) return;
      throw new Error(`ended without ${pattern}:\n${output.both}`);
    });
    await Promise.race([matched, tooLate]);
  };
  return { child, seen, ended };
}

/** Runs the demo to its end and returns its figures. Throws when it fails. */
export async function runForReport(args: readonly string[], options: StartOptions): Promise<DemoReport> {
  const end = await startDemo([...args, "--json"], options).ended;
  if (end.code !== 0) throw new Error(`exit code ${end.code}:\n${end.stderr}`);
  return JSON.parse(end.stdout) as DemoReport;
}
