import {
  longestTimerMs,
  mustBeBoolean,
  mustBeInteger,
  mustBeKnown,
  mustBeOneOf,
  mustBeText,
  refuseOption,
  type DurabilityOption,
} from "@borgstore/core";

/** Asks for the passphrase of an encrypted key file when it is needed. `undefined`: the key is not used. */
export type PassphraseRequest = (about: {
  /** Path of the key file. */
  readonly file: string;
}) => string | undefined | Promise<string | undefined>;

/** Asks for the password of the login when it is needed. `undefined`: none is given. */
export type PasswordRequest = (about: {
  readonly user: string;
  readonly host: string;
}) => string | undefined | Promise<string | undefined>;

/**
 * How the server is spoken to. `"ssh2"`: in this process. `"openssh"`: by the `ssh` program as a child process, which
 * can all that OpenSSH can. `"auto"`: ssh2, but the program where the configuration asks for what ssh2 cannot do.
 */
export type TransportOption = "auto" | "ssh2" | "openssh";

/** Options of the sftp backend, all of them optional. */
export interface SftpOptions {
  /**
   * When what was acknowledged survives a crash of the server: see `DurabilityOption`. Needs a server with the
   * extension `fsync@openssh.com`; others are left to themselves, and the capability `durable` says so.
   *
   * @default "sync"
   */
  readonly durability?: DurabilityOption | undefined;
  /** @default "auto" */
  readonly transport?: TransportOption | undefined;
  /**
   * Connections at most, an integer from 1 to 64. More than one share the work of several operations; each is made
   * when those that there are have something to do.
   *
   * @default 1
   */
  readonly connections?: number | undefined;
  /**
   * An ssh_config file that is read instead of the user's and the system's, as `ssh -F`; `"none"`: no file.
   *
   * @default the user's and the system's
   */
  readonly sshConfigFile?: string | undefined;
  /** Keywords of ssh_config(5) with their values, which win over the files, as `ssh -o`. */
  readonly sshOptions?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /**
   * The program of OpenSSH, which also tells what its configuration means.
   *
   * @default "ssh"
   */
  readonly sshProgram?: string | undefined;
  /** For encrypted key files that the agent does not have. ssh2 only. */
  readonly passphrase?: PassphraseRequest | undefined;
  /** For servers that want one, after all keys were refused. ssh2 only. */
  readonly password?: PasswordRequest | undefined;
  /**
   * Fingerprints of the server's host key, as `ssh-keygen -l` prints them (`"SHA256:…"`). When given, the key must be one
   * of these, and known_hosts is not asked. ssh2 only.
   */
  readonly hostKeys?: readonly string[] | undefined;
  /**
   * Longest time in ms until a connection can be used, from 1.
   *
   * @default `ConnectTimeout` of the ssh configuration, else 30000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Longest time in ms without any progress while an answer is awaited, from 1. The connection is given up then.
   *
   * @default 30000
   */
  readonly stallTimeoutMs?: number | undefined;
  /**
   * Longest time in ms for one answer of the server, from 1; ten times as much for syncing and hashing.
   *
   * @default 60000
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * Time in ms after which a silent connection is asked whether it is alive; 0: never. Three questions without an
   * answer end it, or `ServerAliveCountMax` of them.
   *
   * @default `ServerAliveInterval` of the ssh configuration, else 30000
   */
  readonly keepaliveIntervalMs?: number | undefined;
  /**
   * Replace objects also on a server that cannot do it in one step (without `posix-rename@openssh.com`): the old
   * object is put aside as `NAME.hid`, the new one put in its place, then the old one removed. A crash
   * in between leaves the old value there; a reader in between finds nothing.
   *
   * @default false: replacing is refused with `UNSUPPORTED` there
   */
  readonly allowUnsafeReplace?: boolean | undefined;
  /**
   * Accept symbolic links to directories directly in the storage's directory. Data is then written where they lead.
   *
   * @default false
   */
  readonly allowLinkedNamespaces?: boolean | undefined;
  /**
   * Age in ms from which a temporary file counts as left behind by a crash, and is removed when a listing comes
   * across it.
   *
   * @default 86400000 (24 hours)
   */
  readonly staleTempAgeMs?: number | undefined;
}

/** {@link SftpOptions} with defaults filled in and checked. */
export interface SftpSettings {
  readonly durability: DurabilityOption;
  readonly transport: TransportOption;
  readonly connections: number;
  readonly sshConfigFile: string | undefined;
  readonly sshOptions: Readonly<Record<string, string | readonly string[]>>;
  readonly sshProgram: string;
  readonly passphrase: PassphraseRequest | undefined;
  readonly password: PasswordRequest | undefined;
  readonly hostKeys: readonly string[] | undefined;
  readonly connectTimeoutMs: number | undefined;
  readonly stallTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepaliveIntervalMs: number | undefined;
  readonly allowUnsafeReplace: boolean;
  readonly allowLinkedNamespaces: boolean;
  readonly staleTempAgeMs: number;
}

const knownOptions: ReadonlySet<string> = new Set<keyof SftpSettings>([
  "durability",
  "transport",
  "connections",
  "sshConfigFile",
  "sshOptions",
  "sshProgram",
  "passphrase",
  "password",
  "hostKeys",
  "connectTimeoutMs",
  "stallTimeoutMs",
  "requestTimeoutMs",
  "keepaliveIntervalMs",
  "allowUnsafeReplace",
  "allowLinkedNamespaces",
  "staleTempAgeMs",
]);

/**
 * Fills in the defaults.
 *
 * @throws StoreError `INVALID_ARGUMENT` for values out of range, and for an option that does not exist.
 */
export function checkOptions(options: SftpOptions): SftpSettings {
  mustBeKnown(options, knownOptions);
  const settings: SftpSettings = {
    durability: options.durability ?? "sync",
    transport: options.transport ?? "auto",
    connections: options.connections ?? 1,
    sshConfigFile: options.sshConfigFile,
    sshOptions: options.sshOptions ?? {},
    sshProgram: options.sshProgram ?? "ssh",
    passphrase: options.passphrase,
    password: options.password,
    hostKeys: options.hostKeys,
    connectTimeoutMs: options.connectTimeoutMs,
    stallTimeoutMs: options.stallTimeoutMs ?? 30_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
    keepaliveIntervalMs: options.keepaliveIntervalMs,
    allowUnsafeReplace: options.allowUnsafeReplace ?? false,
    allowLinkedNamespaces: options.allowLinkedNamespaces ?? false,
    staleTempAgeMs: options.staleTempAgeMs ?? 24 * 60 * 60 * 1000,
  };
  mustBeOneOf("durability", settings.durability, ["sync", "each", "none"]);
  mustBeOneOf("transport", settings.transport, ["auto", "ssh2", "openssh"]);
  mustBeInteger("connections", settings.connections, 1, 64);
  mustBeText("sshConfigFile", settings.sshConfigFile);
  mustBeText("sshProgram", settings.sshProgram);
  mustBeSshOptions(settings.sshOptions);
  for (const name of ["passphrase", "password"] as const) {
    if (settings[name] !== undefined && typeof settings[name] !== "function")
      refuseOption(`${name} is a function`);
  }
  mustBeFingerprints(settings.hostKeys);
  mustBeInteger("connectTimeoutMs", settings.connectTimeoutMs, 1, longestTimerMs);
  mustBeInteger("stallTimeoutMs", settings.stallTimeoutMs, 1, longestTimerMs);
  mustBeInteger("requestTimeoutMs", settings.requestTimeoutMs, 1, Math.floor(longestTimerMs / 10));
  mustBeInteger("keepaliveIntervalMs", settings.keepaliveIntervalMs, 0, longestTimerMs);
  mustBeBoolean("allowUnsafeReplace", settings.allowUnsafeReplace);
  mustBeBoolean("allowLinkedNamespaces", settings.allowLinkedNamespaces);
  mustBeInteger("staleTempAgeMs", settings.staleTempAgeMs, 0, Number.MAX_SAFE_INTEGER);
  const onlyForSsh2 = (["passphrase", "password", "hostKeys"] as const).find(
    (name) => settings[name] !== undefined,
  );
  if (settings.transport === "openssh" && onlyForSsh2 !== undefined) {
    refuseOption(`${onlyForSsh2} is for transport "ssh2"; the ssh program asks its agent and its own files`);
  }
  return settings;
}

function mustBeSshOptions(options: SftpSettings["sshOptions"]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    refuseOption("sshOptions is an object");
  }
  for (const [keyword, value] of Object.entries(options)) {
    const values = Array.isArray(value) ? value : [value];
    if (!/^[A-Za-z0-9]+$/.test(keyword) || !values.every(isOneLine)) {
      refuseOption("sshOptions has keywords of ssh_config(5) with one-line texts, or arrays of them");
    }
  }
}

function mustBeFingerprints(hostKeys: readonly string[] | undefined): void {
  if (hostKeys === undefined) return;
  if (Array.isArray(hostKeys) && hostKeys.length > 0 && hostKeys.every(isFingerprint)) return;
  refuseOption(
    'hostKeys is an array of fingerprints as "ssh-keygen -l" prints them: SHA256: and 43 characters',
  );
}

function isOneLine(value: unknown): boolean {
  return typeof value === "string" && !/[\0\r\n]/.test(value);
}

function isFingerprint(value: unknown): boolean {
  return typeof value === "string" && /^SHA256:[A-Za-z0-9+/]{43}$/.test(value);
}
