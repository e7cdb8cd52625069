/** What one rclone process is started with. Backends whose settings are equal share a process. */
export interface RcdSettings {
  /** `"rclone"`, which is looked for in PATH, or a path. */
  readonly program: string;
  /** The file for `--config`; without it rclone looks for its own. */
  readonly configFile: string | undefined;
  /** Added to the environment of this process for the child, for example `RCLONE_CONFIG_X_TYPE`. */
  readonly environment: Readonly<Record<string, string>>;
  /** For `--contimeout`: how long rclone may take to connect to a service, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** For `--timeout`, but at least 5 minutes: how long rclone's connection to a service may be idle, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** How long it may take until the started process answers, in milliseconds. */
  readonly startTimeoutMs: number;
}
