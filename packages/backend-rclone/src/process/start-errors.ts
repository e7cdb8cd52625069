import type { RcdEnd } from "./rcd-child.ts";
import { StartFailure } from "./start-failure.ts";

const install = "https://rclone.org/install/";
const maxPathCharacters = 300;

/** The first version that can do what is asked of it. */
const neededVersion: readonly [major: number, minor: number] = [1, 57];

/** There is no such program. `searched` are the folders of PATH, `undefined` when the name says where it is. */
export function programMissing(program: string, searched: readonly string[] | undefined): StartFailure {
  const name = JSON.stringify(program);
  const list = searched?.join(", ") ?? "";
  const folders = list.length > maxPathCharacters ? `${searched?.length} folders` : list;
  const problem =
    searched === undefined
      ? `the program ${name} does not exist or may not be run`
      : `no program ${name} was found in PATH (searched: ${folders === "" ? "nothing" : folders})`;
  return new StartFailure(
    "UNSUPPORTED",
    `${problem}; install rclone, see ${install}, or say in RCLONE_BINARY where it is`,
  );
}

/** The configuration file that was asked for is not there; rclone would go on without. */
export function configFileMissing(file: string, cause: unknown): StartFailure {
  return new StartFailure(
    "INVALID_ARGUMENT",
    `rclone's configuration file ${JSON.stringify(file)} cannot be found`,
    cause,
  );
}

/** It has ended before it answered. `lines` are the last ones it said, without secrets. */
export function endedAtStart(program: string, end: RcdEnd, lines: string): StartFailure {
  const problem = configProblem(lines);
  if (problem !== undefined) return problem;
  const name = JSON.stringify(program);
  // Somebody has killed it, or the system for want of memory: that may pass. What it decides itself does not.
  return new StartFailure(
    end.signal === undefined ? "UNSUPPORTED" : "UNAVAILABLE",
    `${name} did not start as "rclone rcd": it ${howEnded(end)}${said(lines)}`,
  );
}

/** What is wrong with the configuration, by what rclone says of it; `undefined` when it says nothing of it. */
export function configProblem(text: string): StartFailure | undefined {
  if (/unable to decrypt configuration|wrong password/iu.test(text)) {
    return new StartFailure(
      "UNAUTHENTICATED",
      `rclone's configuration is encrypted; set RCLONE_CONFIG_PASS or RCLONE_PASSWORD_COMMAND${said(text)}`,
    );
  }
  if (/failed to load config file/iu.test(text)) {
    return new StartFailure("INVALID_ARGUMENT", `rclone cannot read its configuration${said(text)}`);
  }
  return undefined;
}

/** It runs, but has not answered. */
export function noAnswer(program: string, ms: number, lines: string): StartFailure {
  return new StartFailure(
    "TIMEOUT",
    `rclone did not answer within ${ms} ms of its start, run as ${JSON.stringify(program)}${said(lines)}`,
  );
}

/** What answers is not rclone, or not in working order. */
export function strangeAnswer(program: string, what: string, cause?: unknown): StartFailure {
  return new StartFailure(
    "UNSUPPORTED",
    `${JSON.stringify(program)} does not answer as rclone does: ${what}`,
    cause,
  );
}

/** It would serve anybody on this machine. */
export function unprotected(program: string): StartFailure {
  return new StartFailure(
    "UNSUPPORTED",
    `${JSON.stringify(program)} answers without a password, so it was stopped`,
  );
}

/** Whether `decomposed`, as `core/version` has it, is not enough. */
export function isOldVersion([major = 0, minor = 0]: readonly number[]): boolean {
  const [neededMajor, neededMinor] = neededVersion;
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

/** rclone is too old. */
export function oldVersion(program: string, version: string): StartFailure {
  return new StartFailure(
    "UNSUPPORTED",
    `rclone ${version} is too old, v${neededVersion.join(".")} or newer is needed; run as ${JSON.stringify(program)}, see ${install}`,
  );
}

/** `ended with code 1`, `was ended by SIGKILL`. */
export function howEnded({ exitCode, signal }: RcdEnd): string {
  return signal === undefined ? `ended with code ${exitCode}` : `was ended by ${signal}`;
}

/** The lines as the end of a message. */
export function said(lines: string): string {
  return lines === "" ? "" : `: ${lines}`;
}
