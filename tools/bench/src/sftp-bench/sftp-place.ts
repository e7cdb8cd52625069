import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sshd } from "@borgstore/tools-peers";

/** A server on this machine as its clients need to know it; it sees the same directories as we do. */
export interface SftpPlace {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Of a private key that the server accepts. */
  readonly keyFile: string;
  /** A home directory whose `.ssh` holds nothing but `config` and `known_hosts` for this server. */
  readonly home: string;
  /** The `config` there, for clients that are told of a file. */
  readonly sshConfigFile: string;
}

/**
 * Writes the files that clients read.
 *
 * @param home a directory that does not exist yet
 * @param port the server's own, or that of a proxy before it
 */
export function describePlace(sshd: Sshd, home: string, port: number): SftpPlace {
  const directory = join(home, ".ssh");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const host = "127.0.0.1";
  const sshConfigFile = join(directory, "config");
  const knownHostsFile = join(directory, "known_hosts");
  const known = readFileSync(sshd.knownHostsFile, "utf8");
  writeFileSync(knownHostsFile, known.replaceAll(`]:${sshd.port} `, `]:${port} `), { mode: 0o600 });
  const lines = [
    `Host ${host}`,
    `  Port ${port}`,
    `  User ${sshd.user}`,
    `  IdentityFile ${sshd.clientKeyFile}`,
    "  IdentitiesOnly yes",
    "  IdentityAgent none",
    `  UserKnownHostsFile ${knownHostsFile}`,
    "  GlobalKnownHostsFile none",
    "  StrictHostKeyChecking yes",
    "  BatchMode yes",
    "",
  ];
  writeFileSync(sshConfigFile, lines.join("\n"), { mode: 0o600 });
  return { host, port, user: sshd.user, keyFile: sshd.clientKeyFile, home, sshConfigFile };
}

/** The URL of the storage in a directory, which is an absolute path. */
export function urlOf({ host, port, user }: SftpPlace, directory: string): string {
  return `sftp://${encodeURIComponent(user)}@${host}:${port}/${directory}`;
}
