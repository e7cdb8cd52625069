import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { findProgram } from "@borgstore/tools-peers";
import type { SftpPlace } from "./sftp-place.ts";

/** Files of the longer batch; the shorter one has one. */
const filesOfBatch = 5;

/** Whether the system has the program. */
export function hasSftpProgram(): boolean {
  return findProgram("sftp") !== undefined;
}

/**
 * Lets OpenSSH's `sftp` move one file, with its default settings. It is run with five files and with one, and what the
 * four more took is shared out: so connecting and starting fall out.
 *
 * @param from what is copied: a path here for `put`, on the server for `get`
 * @param batchFile a file to write the commands to
 * @returns ms for one file
 */
export async function timeSftpProgram(
  place: SftpPlace,
  command: "put" | "get",
  from: string,
  to: string,
  batchFile: string,
): Promise<number> {
  const run = async (files: number): Promise<number> => {
    writeFileSync(batchFile, `${command} "${from}" "${to}"\n`.repeat(files));
    const start = performance.now();
    await promisify(execFile)("sftp", ["-q", "-b", batchFile, "-F", place.sshConfigFile, place.host]);
    return performance.now() - start;
  };
  const one = await run(1);
  return ((await run(filesOfBatch)) - one) / (filesOfBatch - 1);
}
