import { writeFileSync } from "node:fs";
import { publicSshKey } from "./ssh-keys.ts";

/** A server as its clients need to know it. */
export interface SshClientFiles {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly user: string;
  readonly clientKeyFile: string;
  readonly knownHostsFile: string;
  readonly sshConfigFile: string;
}

/** Writes the known_hosts file: one line for each host key. */
export function writeKnownHosts(file: string, port: number, hostKeyFiles: readonly string[]): void {
  const lines = hostKeyFiles.map((key) => `[127.0.0.1]:${port} ${publicSshKey(key)}\n`);
  writeFileSync(file, lines.join(""), { mode: 0o600 });
}

/** Writes an ssh_config that looks at nothing of the user or the system, and never asks. */
export function writeSshConfig(files: SshClientFiles): void {
  const lines = [
    "Host 127.0.0.1 borgstore-test",
    "  HostName 127.0.0.1",
    `  Port ${files.port}`,
    `  User ${files.user}`,
    `  IdentityFile "${files.clientKeyFile}"`,
    "  IdentitiesOnly yes",
    "  IdentityAgent none",
    `  UserKnownHostsFile "${files.knownHostsFile}"`,
    "  GlobalKnownHostsFile none",
    "  StrictHostKeyChecking yes",
    "  BatchMode yes",
    "",
  ];
  writeFileSync(files.sshConfigFile, lines.join("\n"), { mode: 0o600 });
}
