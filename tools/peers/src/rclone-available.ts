import { commandWorks } from "./command-works.ts";
import { findProgram } from "./find-program.ts";

let known: boolean | undefined;

/** Whether {@link startRcloneSftp} can work here: rclone runs, and ssh-keygen is there to make its keys. */
export function rcloneAvailable(): boolean {
  known ??= findProgram("ssh-keygen") !== undefined && commandWorks("rclone", ["version"]);
  return known;
}
