/** Whether keys of hosts that are not in known_hosts are accepted, as `StrictHostKeyChecking` of ssh_config(5). */
export type StrictHostKeyChecking = "yes" | "ask" | "accept-new" | "no";

/** Which kind of address is used, as `AddressFamily` of ssh_config(5). */
export type AddressFamily = "any" | "inet" | "inet6";

/**
 * What ssh_config says about one host, resolved: all files read, all patterns decided, the first value taken, tokens
 * and `~` expanded. Keywords that are absent have OpenSSH's default, or are `undefined` where that is said.
 */
export interface SshHostConfig {
  /** The name that was asked for: what `Host` lines were compared with. */
  readonly host: string;
  /** The name or address to connect to. Lower case. */
  readonly hostName: string;
  readonly user: string;
  readonly port: number;
  /** Absolute paths in the order of the configuration; `none` is left out. They need not exist. */
  readonly identityFiles: readonly string[];
  /** `true` when {@link identityFiles} were configured, `false` when they are OpenSSH's defaults. */
  readonly identityFilesConfigured: boolean;
  readonly certificateFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** Path of the agent's socket; `"none"` for no agent; `undefined` for the one that `SSH_AUTH_SOCK` names. */
  readonly identityAgent: string | undefined;
  /** `[user@]host[:port]`, several separated by commas. */
  readonly proxyJump: string | undefined;
  /** As configured, tokens not expanded. Never set together with {@link proxyJump}. */
  readonly proxyCommand: string | undefined;
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly knownHostsCommand: string | undefined;
  /** Lower case. */
  readonly hostKeyAlias: string | undefined;
  readonly strictHostKeyChecking: StrictHostKeyChecking;
  readonly connectTimeoutMs: number | undefined;
  /** 0 when not configured. */
  readonly serverAliveIntervalMs: number;
  readonly serverAliveCountMax: number;
  readonly controlMaster: string | undefined;
  readonly controlPath: string | undefined;
  readonly kexAlgorithms: readonly string[] | undefined;
  readonly ciphers: readonly string[] | undefined;
  readonly macs: readonly string[] | undefined;
  readonly hostKeyAlgorithms: readonly string[] | undefined;
  readonly pubkeyAcceptedAlgorithms: readonly string[] | undefined;
  readonly addressFamily: AddressFamily;
  readonly bindAddress: string | undefined;
  readonly compression: boolean;
  readonly pkcs11Provider: string | undefined;
  readonly revokedHostKeys: string | undefined;
  readonly hashKnownHosts: boolean;
  readonly pubkeyAuthentication: boolean;
  readonly passwordAuthentication: boolean;
  readonly kbdInteractiveAuthentication: boolean;
  readonly gssapiAuthentication: boolean;
  readonly hostbasedAuthentication: boolean;
}

/** The host that a user asks for. */
export interface SshTarget {
  /** A host name, an alias of ssh_config, or an address; IPv6 with or without brackets. */
  readonly host: string;
  /** Wins over the configuration. */
  readonly user?: string | undefined;
  /** Wins over the configuration. */
  readonly port?: number | undefined;
}

/** Where the configuration comes from. */
export interface SshConfigOptions {
  /** Read instead of the user's and the system's file, as `ssh -F`; `"none"` reads none. */
  readonly configFile?: string | undefined;
  /** Keywords of ssh_config that win over the files, as `ssh -o`. */
  readonly sshOptions?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** The OpenSSH client to ask. `"ssh"`, looked up in `PATH`, unless given. */
  readonly sshProgram?: string | undefined;
  /** How long ssh may take, 10 s unless given: it opens no connection, but `Match exec` and name servers may wait. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For tests of our own evaluation; the client always takes the home directory of the password database. */
  readonly homeDirectory?: string | undefined;
  /** Instead of `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Instead of `/etc/ssh`, for tests of our own evaluation. */
  readonly systemDirectory?: string | undefined;
}
