import {
  longestTimerMs,
  mustBeBoolean,
  mustBeInteger,
  mustBeKnown,
  mustBeText,
  refuseOption,
} from "@borgstore/core";

/** Options of the rclone backend, all of them optional. */
export interface RcloneOptions {
  /**
   * The rclone program, by its path or by a name that is looked for in PATH. At least version 1.57.
   *
   * @default `RCLONE_BINARY` of the environment, else "rclone"
   */
  readonly rcloneProgram?: string | undefined;
  /**
   * The configuration file that names the remotes, as `rclone --config`.
   *
   * @default as rclone does: `RCLONE_CONFIG` of the environment, else the user's
   */
  readonly configFile?: string | undefined;
  /**
   * Variables that rclone gets in addition to the environment of this process, which it has anyway: all its options
   * can be set by them, e.g. `{ RCLONE_BWLIMIT: "10M" }`, and remotes be defined (`RCLONE_CONFIG_NAME_TYPE`).
   *
   * @default {}
   */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /**
   * Replace objects also on remotes that cannot do it in one step, which are all but local directories and buckets.
   * What replaces safely there is found out first; where nothing does, the old object is put aside as `NAME.hid`, the
   * new one put in its place, then the old one removed. A crash in between leaves the old value there; a reader
   * in between finds nothing. `false`: replacing is refused with `UNSUPPORTED` there.
   *
   * @default true
   */
  readonly allowUnsafeReplace?: boolean | undefined;
  /**
   * Calls to rclone in flight at most, an integer from 1 to 256.
   *
   * @default 8
   */
  readonly concurrency?: number | undefined;
  /**
   * Longest time in ms until rclone has been started and answers, from 1.
   *
   * @default 30000
   */
  readonly startTimeoutMs?: number | undefined;
  /**
   * Longest time in ms until rclone has connected to the service, from 1. Counted in whole seconds.
   *
   * @default 30000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Longest time in ms without any progress of a value on its way, from 1.
   *
   * @default 30000
   */
  readonly stallTimeoutMs?: number | undefined;
  /**
   * Longest time in ms for a call that carries no value, from 1; ten times as much for moving, hashing and listing.
   *
   * @default 60000
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * Age in ms from which a temporary file counts as left behind by a crash, and is removed when a listing comes across
   * it.
   *
   * @default 86400000 (24 hours)
   */
  readonly staleTempAgeMs?: number | undefined;
}

/** {@link RcloneOptions} with defaults filled in and checked. */
export interface RcloneSettings {
  readonly rcloneProgram: string;
  readonly configFile: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly allowUnsafeReplace: boolean;
  readonly concurrency: number;
  readonly startTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly staleTempAgeMs: number;
}

const knownOptions: ReadonlySet<string> = new Set<keyof RcloneOptions>([
  "rcloneProgram",
  "configFile",
  "environment",
  "allowUnsafeReplace",
  "concurrency",
  "startTimeoutMs",
  "connectTimeoutMs",
  "stallTimeoutMs",
  "requestTimeoutMs",
  "staleTempAgeMs",
]);

/**
 * Fills in the defaults.
 *
 * @throws StoreError `INVALID_ARGUMENT` for values out of range, and for an option that does not exist.
 */
export function checkOptions(options: RcloneOptions): RcloneSettings {
  mustBeKnown(options, knownOptions);
  mustBeText("rcloneProgram", options.rcloneProgram);
  mustBeText("configFile", options.configFile);
  mustBeVariables(options.environment);
  mustBeBoolean("allowUnsafeReplace", options.allowUnsafeReplace);
  mustBeInteger("concurrency", options.concurrency, 1, 256);
  mustBeInteger("startTimeoutMs", options.startTimeoutMs, 1, longestTimerMs);
  mustBeInteger("connectTimeoutMs", options.connectTimeoutMs, 1, longestTimerMs);
  mustBeInteger("stallTimeoutMs", options.stallTimeoutMs, 1, longestTimerMs);
  mustBeInteger("requestTimeoutMs", options.requestTimeoutMs, 1, longestTimerMs);
  mustBeInteger("staleTempAgeMs", options.staleTempAgeMs, 0, Number.MAX_SAFE_INTEGER);
  return {
    rcloneProgram: options.rcloneProgram ?? programOfEnvironment(),
    configFile: options.configFile,
    environment: { ...options.environment },
    allowUnsafeReplace: options.allowUnsafeReplace ?? true,
    concurrency: options.concurrency ?? 8,
    startTimeoutMs: options.startTimeoutMs ?? 30_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
    stallTimeoutMs: options.stallTimeoutMs ?? 30_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
    staleTempAgeMs: options.staleTempAgeMs ?? 24 * 60 * 60 * 1000,
  };
}

function programOfEnvironment(): string {
  const program = process.env["RCLONE_BINARY"];
  return program === undefined || program === "" ? "rclone" : program;
}

/** The values are not repeated in the message: they may be secrets. */
function mustBeVariables(variables: unknown): void {
  if (variables === undefined) return;
  const isRecord = typeof variables === "object" && variables !== null && !Array.isArray(variables);
  if (!isRecord) refuseOption("environment is an object of variables");
  for (const [name, value] of Object.entries(variables)) {
    const isName = name !== "" && !/[=\0]/.test(name);
    if (isName && typeof value === "string" && !value.includes("\0")) continue;
    refuseOption(`environment has texts as values; ${JSON.stringify(name)} has none`);
  }
}
