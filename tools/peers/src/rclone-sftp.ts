import { copyFileSync } from "node:fs";
import { onFreePort } from "./free-port.ts";
import {
  prepareWorkDirectory,
  rcloneLogFile,
  startRcloneServer,
  workFile,
  type RcloneServerOptions,
} from "./rclone-server.ts";
import { writeKnownHosts, writeSshConfig, type SshClientFiles } from "./ssh-client-files.ts";
import { makeSshKey } from "./ssh-keys.ts";

/** `rclone serve sftp` on 127.0.0.1: an SFTP server that shares no code with OpenSSH. Files are absolute paths. */
export interface RcloneSftp extends SshClientFiles, AsyncDisposable {
  readonly port: number;
  readonly user: string;
  /** Authorized, ed25519. */
  readonly clientKeyFile: string;
  readonly knownHostsFile: string;
  /** Makes `ssh -F FILE 127.0.0.1` and `sftp -F FILE 127.0.0.1` log in, and the same with `borgstore-test`. */
  readonly sshConfigFile: string;
  readonly logFile: string;
  /** The path under which clients see the served directory. */
  readonly root: "/";
  /** Ends it, with its connections. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts `rclone serve sftp` on a free port of 127.0.0.1. What a client has closed is in the directory. The caller stops
 * it; it ends with this process at the latest.
 *
 * @throws Error with the end of its log when it does not start.
 */
export async function startRcloneSftp(options: RcloneServerOptions): Promise<RcloneSftp> {
  const file = (name: string) => workFile(options, name);
  prepareWorkDirectory(options);
  const hostKeyFile = file("host_key");
  const authorizedKeysFile = file("authorized_keys");
  const files = {
    user: "lab",
    clientKeyFile: file("client_key"),
    knownHostsFile: file("known_hosts"),
    sshConfigFile: file("ssh_config"),
  };
  await Promise.all([makeSshKey(hostKeyFile, "ed25519"), makeSshKey(files.clientKeyFile, "ed25519")]);
  copyFileSync(`${files.clientKeyFile}.pub`, authorizedKeysFile);

  return await onFreePort(async (port) => {
    writeKnownHosts(files.knownHostsFile, port, [hostKeyFile]);
    writeSshConfig({ ...files, port });
    const args = ["--key", hostKeyFile, "--authorized-keys", authorizedKeysFile];
    // Files open for reading and writing need the cache; nothing may be seen late because of it.
    args.push("--vfs-cache-mode", "writes", "--vfs-write-back", "0s", "--dir-cache-time", "0s");
    const running = await startRcloneServer({ protocol: "sftp", options, port, args });
    const stop = async () => await running.kill();
    const logFile = rcloneLogFile(options);
    return { ...files, port, logFile, root: "/", stop, [Symbol.asyncDispose]: stop };
  });
}
