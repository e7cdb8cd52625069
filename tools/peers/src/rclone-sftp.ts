import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findProgram } from "./find-program.ts";
import { onFreePort } from "./free-port.ts";
import { startServer } from "./server-process.ts";
import { writeKnownHosts, writeSshConfig, type SshClientFiles } from "./ssh-client-files.ts";
import { makeSshKey } from "./ssh-keys.ts";

/** How to start rclone's SFTP server. */
export interface RcloneSftpOptions {
  /** What is served, as `/`. */
  readonly directory: string;
  /** A directory of the caller for keys, configuration, cache and log; it becomes private to the user. */
  readonly workDirectory: string;
  /** Further arguments; they win over ours. */
  readonly extra?: readonly string[];
}

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

/** Without settings that would change how rclone behaves, or what it reads. */
function environment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("RCLONE_") && !name.startsWith("XDG_") && name !== "AWS_CA_BUNDLE",
  );
  return { ...Object.fromEntries(kept), HOME: home };
}

/**
 * Starts `rclone serve sftp` on a free port of 127.0.0.1. What a client has closed is in the directory. The caller stops
 * it; it ends with this process at the latest.
 *
 * @throws Error with the end of its log when it does not start.
 */
export async function startRcloneSftp(options: RcloneSftpOptions): Promise<RcloneSftp> {
  const program = findProgram("rclone");
  if (program === undefined) throw new Error("rclone is not installed");
  const work = path.resolve(options.workDirectory);
  const file = (name: string) => path.join(work, name);
  mkdirSync(work, { recursive: true });
  chmodSync(work, 0o700);
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
  // Without one rclone would look for that of the user.
  writeFileSync(file("rclone.conf"), "");
  const logFile = file("rclone.log");

  return await onFreePort(async (port) => {
    writeKnownHosts(files.knownHostsFile, port, [hostKeyFile]);
    writeSshConfig({ ...files, port });
    const args = ["--config", file("rclone.conf"), "--cache-dir", file("cache")];
    args.push("serve", "sftp", path.resolve(options.directory), "--addr", `127.0.0.1:${port}`);
    args.push("--key", hostKeyFile, "--authorized-keys", authorizedKeysFile);
    // Files open for reading and writing need the cache; nothing may be seen late because of it.
    args.push("--vfs-cache-mode", "writes", "--vfs-write-back", "0s", "--dir-cache-time", "0s");
    args.push(...(options.extra ?? []));
    const running = await startServer({ program, args, env: environment(work), logFile, port });
    const stop = async () => await running.kill();
    return { ...files, port, logFile, root: "/", stop, [Symbol.asyncDispose]: stop };
  });
}
