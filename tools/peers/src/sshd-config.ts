import { spawnSync } from "node:child_process";
import { findSftpServer } from "./find-program.ts";

/** Which program answers SFTP: inside sshd, inside sshd without writing, or the stand-alone `sftp-server`. */
export type SftpSubsystem = "internal" | "readonly" | "external";

/** What a configuration of sshd depends on. */
export interface SshdConfig {
  readonly port: number;
  readonly user: string;
  readonly subsystem: SftpSubsystem;
  readonly hostKeyFiles: readonly string[];
  readonly authorizedKeysFile: string;
  /** Lines that replace ours of the same keyword. */
  readonly further: readonly string[];
}

function sftpCommand(subsystem: SftpSubsystem): string {
  if (subsystem === "internal") return "internal-sftp";
  if (subsystem === "readonly") return "internal-sftp -R";
  const program = findSftpServer();
  if (program === undefined) throw new Error("OpenSSH's sftp-server is not installed");
  return program;
}

/** The version as a number, 9.2 for `OpenSSH_9.2p1`. sshd ends at options that it does not know. */
function version(): number {
  const { stderr } = spawnSync("ssh", ["-V"], { encoding: "utf8" });
  return Number(/OpenSSH[^\d]*(\d+\.\d+)/.exec(stderr)?.[1] ?? 0);
}

function keyword(line: string): string {
  return (/^\s*([^\s=]+)/.exec(line)?.[1] ?? "").toLowerCase();
}

/** Whatever would slow down, limit or refuse many connections of tests in a short time is off. */
function defaults(config: SshdConfig): string[] {
  const release = version();
  return [
    "ListenAddress 127.0.0.1",
    `Port ${config.port}`,
    ...config.hostKeyFiles.map((file) => `HostKey "${file}"`),
    "PidFile none",
    `AuthorizedKeysFile "${config.authorizedKeysFile}"`,
    // Temporary directories lie below one that everybody may write to.
    "StrictModes no",
    "UsePAM no",
    "PubkeyAuthentication yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    `AllowUsers ${config.user}`,
    "UseDNS no",
    "X11Forwarding no",
    "AllowAgentForwarding no",
    // A jump over this host needs it.
    "AllowTcpForwarding local",
    "PrintMotd no",
    "PrintLastLog no",
    "MaxStartups 200:30:400",
    "MaxSessions 200",
    "MaxAuthTries 20",
    ...(release >= 8.5 ? ["PerSourceMaxStartups none"] : []),
    ...(release >= 9.8 ? ["PerSourcePenalties no"] : []),
    "LogLevel VERBOSE",
    `Subsystem sftp ${sftpCommand(config.subsystem)}`,
  ];
}

/** The text of an sshd_config. */
export function sshdConfig(config: SshdConfig): string {
  const match = config.further.findIndex((line) => keyword(line) === "match");
  const split = match === -1 ? config.further.length : match;
  // Left out instead of overruled: some keywords add up, others may not stand twice.
  const replaced = new Set(config.further.slice(0, split).map(keyword));
  const ours = defaults(config).filter((line) => !replaced.has(keyword(line)));
  // What follows a Match line belongs to it.
  return [...config.further.slice(0, split), ...ours, ...config.further.slice(split), ""].join("\n");
}
