import { commandWorks } from "./command-works.ts";
import { findProgram } from "./find-program.ts";

let known: boolean | undefined;

/** Whether rclone and its servers can work here: rclone runs, and ssh-keygen is there to make the keys of SFTP. */
export function rcloneAvailable(): boolean {
  known ??= findProgram("ssh-keygen") !== undefined && commandWorks("rclone", ["version"]);
  return known;
}
