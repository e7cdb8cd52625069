import { execFile } from "node:child_process";
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Workspace } from "../measure/workspace.ts";
import type { OpenLanes } from "./large-lanes.ts";

/** The subject's name: the bound of large values. */
export const rcloneProgram = "rclone program";

/** Files of the longer copy; the shorter one has one. */
const filesOfCopy = 5;

/** The program, by the variable that the backend knows too. */
export function rcloneCommand(): string {
  return process.env["RCLONE_BINARY"] ?? "rclone";
}

/** Where the program copies to and from. */
export interface RcloneTarget {
  /** As rclone writes it: a directory of this machine, or `REMOTE:PATH`. */
  readonly remote: string;
  /** Variables of its environment: the settings of the remote, secrets among them. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Lets the `rclone` program copy a value to a target and back, file by file and otherwise with its default settings. It
 * is run with five files and with one, and what the four more took is shared out: so starting and connecting fall out.
 *
 * @param target is not there yet, and is not removed.
 */
export function openRcloneLanes(target: RcloneTarget, value: Uint8Array, workspace: Workspace): OpenLanes {
  const directory = workspace.makeDirectory();
  const [one, many, got] = ["one", "many", "got"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const made of [one, many]) mkdirSync(made);
  writeFileSync(join(one, "0"), value);
  for (let i = 0; i < filesOfCopy; i++) linkSync(join(one, "0"), join(many, String(i)));
  const remoteOne = `${target.remote}/one`;
  const remoteMany = `${target.remote}/many`;
  const lane = { subject: rcloneProgram, inProcess: false };
  return {
    lanes: [
      { ...lane, what: "store", run: () => timeCopy([one, remoteOne], [many, remoteMany], target.env) },
      {
        ...lane,
        what: "load",
        run: async () => {
          // Into nothing, as the first time.
          rmSync(got, { recursive: true, force: true });
          const [gotOne, gotMany] = [join(got, "one"), join(got, "many")];
          return await timeCopy([remoteOne, gotOne], [remoteMany, gotMany], target.env);
        },
      },
    ],
    close: () => Promise.resolve(workspace.discard(directory)),
  };
}

type Copy = readonly [from: string, to: string];

/** ms for one file. */
async function timeCopy(ofOne: Copy, ofMany: Copy, env: Readonly<Record<string, string>>): Promise<number> {
  const ms = await runCopy(ofOne, env);
  return ((await runCopy(ofMany, env)) - ms) / (filesOfCopy - 1);
}

async function runCopy([from, to]: Copy, env: Readonly<Record<string, string>>): Promise<number> {
  const args = ["copy", "--ignore-times", "--transfers", "1", from, to];
  const start = performance.now();
  // Neither its own message nor what it prints: these name places.
  const code = await new Promise((resolve) => {
    execFile(rcloneCommand(), args, { env: { ...environment(), ...env } }, (error) =>
      resolve(error === null ? 0 : (error.code ?? error.signal)),
    );
  });
  if (code !== 0) throw new Error(`the rclone program ended with ${String(code)}`);
  return performance.now() - start;
}

/** Ours, without settings of the user for rclone and for S3. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:RCLONE|AWS)_/.test(name)));
}
