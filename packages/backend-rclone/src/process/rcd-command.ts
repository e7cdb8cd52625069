import type { RcdSettings } from "./rcd-settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that would hide or change the notice with the port, let anybody in, serve elsewhere or at more places, or
 * ask somebody. `RCLONE_RC` itself makes `rcd` refuse to start.
 */
const unwanted =
  /^RCLONE_(?:RC|RC_.*|METRICS_.*|LOG_.*|SYSLOG.*|USE_JSON_LOG|VERBOSE|QUIET|STATS|STATS_.*|PROGRESS.*|DAEMON.*|COLOR|INTERACTIVE)$/iu;

/**
 * Variables by which rclone would do something else than it is told and say that it has done it, hide entries from
 * listings, or give up after a while.
 */
const misleading =
  /^RCLONE_(?:DRY_RUN|IMMUTABLE|IGNORE_EXISTING|IGNORE_CASE|BACKUP_DIR|SUFFIX.*|COMPARE_DEST|COPY_DEST|NAME_TRANSFORM|FILTER.*|INCLUDE.*|EXCLUDE.*|FILES_FROM.*|HASH_FILTER|METADATA_(?:FILTER|INCLUDE|EXCLUDE).*|MIN_AGE|MAX_AGE|MIN_SIZE|MAX_SIZE|MAX_DEPTH|MAX_DELETE.*|MAX_TRANSFER|MAX_DURATION|CUTOFF_MODE)$/iu;

/** As long as rclone itself has it. */
const silenceMs = 300_000;

/** The password of one process, which nobody else knows. */
export interface RcdCredentials {
  readonly user: string;
  readonly password: string;
}

/**
 * What rclone is told. Both 1.60.1 and 1.75.2 accept all of it. A flag is left out when the environment has the
 * variable for it: what users have set there counts.
 */
export function rcdArguments(settings: RcdSettings, environment: Environment): string[] {
  const defaults: readonly (readonly [flag: string, ...value: string[]])[] = [
    ["--use-server-modtime"],
    ["--contimeout", duration(settings.connectTimeoutMs)],
    // It counts silence of our source or reader, too, which is nobody's fault; silence of the service is noticed here.
    ["--timeout", duration(Math.max(settings.stallTimeoutMs, silenceMs))],
    // The layers of borgstore repeat what fails; the last of these is for connections that have become old.
    ["--low-level-retries", "2"],
  ];
  return [
    "rcd",
    "--rc-addr",
    "127.0.0.1:0",
    "--rc-serve",
    // A year, as both count for a whole request, however long a large value takes.
    "--rc-server-read-timeout",
    "8760h",
    "--rc-server-write-timeout",
    "8760h",
    "--ask-password=false",
    ...defaults.filter(([flag]) => environment[variableFor(flag)] === undefined).flat(),
    ...(settings.configFile === undefined ? [] : ["--config", settings.configFile]),
  ];
}

/** The environment of the child: that of this process and of the settings, and the only way a password takes. */
export function rcdEnvironment(
  inherited: Environment,
  settings: RcdSettings,
  { user, password }: RcdCredentials,
): Record<string, string> {
  const wanted = Object.entries({ ...inherited, ...settings.environment }).flatMap(([name, value]) =>
    value === undefined || unwanted.test(name) || misleading.test(name) ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(wanted), RCLONE_RC_USER: user, RCLONE_RC_PASS: password };
}

/** `RCLONE_LOW_LEVEL_RETRIES` for `--low-level-retries`. */
function variableFor(flag: string): string {
  return `RCLONE_${flag.slice(2).replaceAll("-", "_").toUpperCase()}`;
}

function duration(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1000))}s`;
}
