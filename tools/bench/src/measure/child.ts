import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Runs a program of this package in a fresh Node.js and returns the line of JSON that it prints.
 *
 * @param file its name in this package's directory, e.g. `list-probe.mjs`
 * @throws Error with what it wrote when it ends with another code than 0
 */
export async function runProbe<T>(file: string, args: readonly string[]): Promise<T> {
  const probe = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const { stdout } = await run(process.execPath, [probe, ...args]);
  return JSON.parse(stdout) as T;
}
