import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { root } from "./workspace.mjs";

/** Environment for child processes: this very Node first on PATH, no telemetry of the tools we use. */
function childEnvironment() {
  const { env, execPath } = process;
  return {
    ...env,
    PATH: `${path.dirname(execPath)}${path.delimiter}${env["PATH"] ?? ""}`,
    TURBO_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    BORGSTORE_TEST_NODE: process.version,
  };
}

/**
 * Runs a program to its end and returns what it printed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {string} standard output
 * @throws Error with everything it printed, when it cannot be started or fails
 */
export function run(program, args, options = {}) {
  const result = spawnSync(program, args, {
    cwd: options.cwd ?? root,
    env: options.env ?? childEnvironment(),
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.error !== undefined) throw new Error(`cannot run ${program}`, { cause: result.error });
  if (result.status === 0) return result.stdout;
  const end = result.signal ?? `exit code ${result.status}`;
  throw new Error(
    `${path.basename(program)} ${args.join(" ")} failed (${end})\n${result.stdout}${result.stderr}`,
  );
}

/**
 * Arguments that start turbo with this very Node.
 *
 * @param {readonly string[]} args
 */
function turboCommand(args) {
  return [path.join(root, "node_modules/turbo/bin/turbo"), "run", ...args];
}

/**
 * Runs turbo with its output going through.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code
 */
export async function streamTurbo(args) {
  return await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, turboCommand(args), {
      cwd: root,
      env: childEnvironment(),
      stdio: ["ignore", "inherit", "inherit"],
    });
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/**
 * Runs turbo and shows nothing unless it fails.
 *
 * @param {readonly string[]} args
 */
export function quietTurbo(args) {
  run(process.execPath, turboCommand(args));
}
