import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import path from "node:path";
import { findSshd } from "./find-program.ts";
import { onFreePort } from "./free-port.ts";
import { opensshReason } from "./openssh-available.ts";
import { descendants, freezeDescendants, signalAll } from "./process-tree.ts";
import { startServer, type ServerProcess } from "./server-process.ts";
import { writeKnownHosts, writeSshConfig, type SshClientFiles } from "./ssh-client-files.ts";
import { makeSshKey, type SshKeyType } from "./ssh-keys.ts";
import { sshdConfig, type SftpSubsystem } from "./sshd-config.ts";

/** How to start an sshd. */
export interface SshdOptions {
  /**
   * A directory of the caller for keys, configuration and log, of one server at a time; it becomes private to the
   * user. Keys that an earlier server left in it are used again. Its path holds no `"` and no `%`.
   */
  readonly directory: string;
  /** Which program answers SFTP, and whether it may write. Default: `internal`. */
  readonly subsystem?: SftpSubsystem;
  /** Further lines of sshd_config. Each replaces ours of the same keyword; what follows a `Match` line comes last. */
  readonly config?: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
  /** Default: `ed25519` only. */
  readonly hostKeyTypes?: readonly SshKeyType[];
}

/** A real sshd on 127.0.0.1 that lets the current user in, by key. Files named here are absolute paths. */
export interface Sshd extends SshClientFiles, AsyncDisposable {
  readonly port: number;
  /** The current user. */
  readonly user: string;
  /** Authorized, ed25519. */
  readonly clientKeyFile: string;
  /** Authorized, RSA with 2048 bits, in PEM. */
  readonly clientRsaKeyFile: string;
  /** Authorized, ed25519, encrypted with {@link Sshd.passphrase}. */
  readonly encryptedKeyFile: string;
  readonly passphrase: string;
  /** A key that is not authorized. */
  readonly strangerKeyFile: string;
  readonly knownHostsFile: string;
  /** Private keys of the host; the public ones end in `.pub`. */
  readonly hostKeyFiles: readonly string[];
  readonly logFile: string;
  /** Makes `ssh -F FILE 127.0.0.1` work, and the same with the alias `borgstore-test`. */
  readonly sshConfigFile: string;
  /** Ids of the processes that serve connections, and of their children. Empty while nobody is connected. */
  connections(): readonly number[];
  /** Ends all connections at once with SIGKILL. New ones are accepted. */
  drop(): void;
  /** Stops all connections with SIGSTOP: they stay open and answer nothing. New ones are accepted and answered. */
  freeze(): void;
  /** Lets frozen connections go on. */
  thaw(): void;
  /** Ends the listener and all connections, and waits until their processes are gone. May be called twice. */
  stop(): Promise<void>;
  /** After {@link Sshd.stop}: listens again on the same port with the same keys. Does nothing while it runs. */
  start(): Promise<void>;
  /** Restarts with other host keys. The known_hosts file keeps the old ones, so clients must refuse to connect. */
  newHostKey(): Promise<void>;
}

class RunningSshd implements Sshd {
  readonly port: number;
  readonly user: string;
  readonly clientKeyFile: string;
  readonly clientRsaKeyFile: string;
  readonly encryptedKeyFile: string;
  readonly passphrase = "open sesame";
  readonly strangerKeyFile: string;
  readonly knownHostsFile: string;
  readonly hostKeyFiles: readonly string[];
  readonly logFile: string;
  readonly sshConfigFile: string;
  readonly #program: string;
  readonly #configFile: string;
  readonly #options: SshdOptions;
  readonly #hostKeyTypes: readonly SshKeyType[];
  #process: ServerProcess | undefined;

  constructor(program: string, options: SshdOptions, port: number) {
    const file = (name: string) => path.resolve(options.directory, name);
    this.port = port;
    this.user = userInfo().username;
    this.clientKeyFile = file("client_key");
    this.clientRsaKeyFile = file("client_rsa_key");
    this.encryptedKeyFile = file("encrypted_key");
    this.strangerKeyFile = file("stranger_key");
    this.knownHostsFile = file("known_hosts");
    this.logFile = file("sshd.log");
    this.sshConfigFile = file("ssh_config");
    this.#program = program;
    this.#configFile = file("sshd_config");
    this.#options = options;
    this.#hostKeyTypes = options.hostKeyTypes ?? ["ed25519"];
    this.hostKeyFiles = this.#hostKeyTypes.map((type) => file(`host_${type}_key`));
  }

  /** Everything in the directory, before the first start. */
  async prepare(): Promise<void> {
    const { directory, subsystem = "internal", config: further = [] } = this.#options;
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o700);
    await Promise.all([
      this.#makeHostKeys(),
      makeSshKey(this.clientKeyFile, "ed25519"),
      makeSshKey(this.clientRsaKeyFile, "rsa"),
      makeSshKey(this.encryptedKeyFile, "ed25519", this.passphrase),
      makeSshKey(this.strangerKeyFile, "ed25519"),
    ]);
    const authorized = [this.clientKeyFile, this.clientRsaKeyFile, this.encryptedKeyFile];
    const authorizedKeysFile = path.resolve(directory, "authorized_keys");
    writeFileSync(authorizedKeysFile, authorized.map((key) => readFileSync(`${key}.pub`, "utf8")).join(""));
    const { port, user, hostKeyFiles } = this;
    const config = sshdConfig({ port, user, subsystem, hostKeyFiles, authorizedKeysFile, further });
    writeFileSync(this.#configFile, config);
    writeKnownHosts(this.knownHostsFile, port, hostKeyFiles);
    writeSshConfig(this);
  }

  async #makeHostKeys(): Promise<void> {
    await Promise.all(this.#hostKeyTypes.map((type, at) => makeSshKey(this.hostKeyFiles[at] ?? type, type)));
  }

  async start(): Promise<void> {
    this.#process ??= await startServer({
      program: this.#program,
      args: ["-D", "-e", "-f", this.#configFile],
      env: process.env,
      logFile: this.logFile,
      port: this.port,
    });
  }

  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    await running?.kill();
  }

  async newHostKey(): Promise<void> {
    await this.stop();
    for (const file of this.hostKeyFiles) rmSync(file);
    for (const file of this.hostKeyFiles) rmSync(`${file}.pub`);
    await this.#makeHostKeys();
    await this.start();
  }

  connections(): readonly number[] {
    return this.#process === undefined ? [] : descendants(this.#process.pid);
  }

  drop(): void {
    if (this.#process !== undefined) signalAll(freezeDescendants(this.#process.pid), "SIGKILL");
  }

  freeze(): void {
    if (this.#process !== undefined) freezeDescendants(this.#process.pid);
  }

  thaw(): void {
    signalAll(this.connections(), "SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts an sshd of OpenSSH on 127.0.0.1, as the current user, with keys of its own. The caller stops it; it ends with
 * this process at the latest.
 *
 * @throws Error with the end of its log when it does not start.
 */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const program = findSshd();
  if (program === undefined || opensshReason() !== "") throw new Error(opensshReason());
  const start = async (port: number) => {
    const sshd = new RunningSshd(program, options, port);
    await sshd.prepare();
    await sshd.start();
    return sshd;
  };
  return options.port === undefined ? await onFreePort(start) : await start(options.port);
}
