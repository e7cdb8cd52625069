import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { RemoteOptions } from "./remote-place.ts";

/** What a program left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without settings of the user. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("RCLONE_")));
}

/** Runs a command of rclone's, which prints nothing but results and errors, with a remote as its last argument, and `input` on standard input. */
export async function runRclone(
  program: string,
  args: readonly string[],
  { remote, configFile }: RemoteOptions,
  input: string | Uint8Array = "",
): Promise<Ended> {
  const child = spawn(program, ["--config", configFile, "--quiet", "--retries", "1", ...args, remote], {
    env: environment(),
  });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}
