import { commandWorks } from "./command-works.ts";

/**
 * An rclone newer than that of the distribution, as `BORGSTORE_TEST_RCLONE` names it, a path best; `undefined` when it
 * names none, or one that does not run.
 */
export function findNewestRclone(): string | undefined {
  const program = process.env["BORGSTORE_TEST_RCLONE"] ?? "";
  return program !== "" && commandWorks(program, ["version"]) ? program : undefined;
}
