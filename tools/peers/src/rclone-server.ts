import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findProgram } from "./find-program.ts";
import { startServer, type ServerProcess } from "./server-process.ts";

/** How to start one of rclone's servers. */
export interface RcloneServerOptions {
  /** What is served, as `/`. */
  readonly directory: string;
  /** A directory of the caller for configuration, cache, log and keys; it becomes private to the user. */
  readonly workDirectory: string;
  /** Further arguments; they win over ours. */
  readonly extra?: readonly string[];
}

/** What to start. */
export interface RcloneServerCommand {
  /** As `rclone serve` names it. */
  readonly protocol: "sftp" | "webdav";
  readonly options: RcloneServerOptions;
  /** On 127.0.0.1. */
  readonly port: number;
  readonly args: readonly string[];
  /** See `startServer`. */
  readonly answers?: () => Promise<boolean>;
}

/** The absolute path of a file in the work directory. */
export function workFile({ workDirectory }: RcloneServerOptions, name: string): string {
  return path.resolve(workDirectory, name);
}

/** Where the server writes its log. */
export function rcloneLogFile(options: RcloneServerOptions): string {
  return workFile(options, "rclone.log");
}

/** Makes the work directory, private to the user. */
export function prepareWorkDirectory(options: RcloneServerOptions): void {
  mkdirSync(options.workDirectory, { recursive: true });
  chmodSync(options.workDirectory, 0o700);
  // Without one rclone would look for that of the user.
  writeFileSync(workFile(options, "rclone.conf"), "");
}

/** Without settings that would change how rclone behaves, or what it reads. */
function environment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("RCLONE_") && !name.startsWith("XDG_") && name !== "AWS_CA_BUNDLE",
  );
  return { ...Object.fromEntries(kept), HOME: home };
}

/**
 * Starts `rclone serve` in a prepared work directory.
 *
 * @throws Error when the port is taken, and with the end of its log when it does not start.
 */
export async function startRcloneServer(command: RcloneServerCommand): Promise<ServerProcess> {
  const { protocol, options, port, answers } = command;
  const program = findProgram("rclone");
  if (program === undefined) throw new Error("rclone is not installed");
  const args = ["--config", workFile(options, "rclone.conf"), "--cache-dir", workFile(options, "cache")];
  args.push("serve", protocol, path.resolve(options.directory), "--addr", `127.0.0.1:${port}`);
  args.push(...command.args, ...(options.extra ?? []));
  const env = environment(path.resolve(options.workDirectory));
  const logFile = rcloneLogFile(options);
  return await startServer({ program, args, env, logFile, port, ...(answers && { answers }) });
}
