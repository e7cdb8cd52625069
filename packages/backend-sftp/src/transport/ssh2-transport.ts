import { onAbort, socketError, StoreError } from "@borgstore/core";
import type { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import type { SftpSettings } from "../options.ts";
import { readKnownHosts } from "../ssh/read-known-hosts.ts";
import { resolveSshHostConfig } from "../ssh/resolve-ssh-host-config.ts";
import type { SshHostConfig } from "../ssh/ssh-host-config.ts";
import { keepaliveOf } from "./keepalive.ts";
import { LinkFate } from "./link-fate.ts";
import type { Link } from "./link.ts";
import { jumpHosts, mostJumps } from "./proxy-jump.ts";
import { connectSsh2Client, type Ssh2Error } from "./ssh2-client.ts";

/** Starts the SFTP subsystem of a host by ssh2, over its jump hosts where it has some. */
export async function connectBySsh2(
  config: SshHostConfig,
  settings: SftpSettings,
  signal: AbortSignal,
): Promise<Link> {
  const chain = new ClientChain(settings, signal);
  try {
    const client = await chain.connect(config, settings.hostKeys, undefined, 0);
    return new Ssh2Link(config.host, chain.clients, await startSubsystem(client, config.host, signal));
  } catch (error) {
    chain.destroy();
    throw error;
  }
}

/** Clients of which each goes over the one before. */
class ClientChain {
  readonly clients: Client[] = [];
  readonly #settings: SftpSettings;
  readonly #signal: AbortSignal;

  constructor(settings: SftpSettings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /** @param via what it is reached over; `undefined`: its own jump hosts, or directly */
  async connect(
    config: SshHostConfig,
    pinned: readonly string[] | undefined,
    via: Client | undefined,
    depth: number,
  ): Promise<Client> {
    if (depth > mostJumps || this.clients.length > mostJumps) {
      throw new StoreError("INVALID_ARGUMENT", {
        detail: `more than ${mostJumps} jump hosts, or a circle of them`,
      });
    }
    if (config.proxyCommand !== undefined) {
      // Going there directly could be what it is to prevent.
      throw new StoreError("UNSUPPORTED", {
        detail: `${config.host} has a ProxyCommand, which needs the transport "openssh"`,
      });
    }
    const { sshConfigFile, sshProgram } = this.#settings;
    let last = via;
    for (const target of via === undefined ? jumpHosts(config) : []) {
      const options = { configFile: sshConfigFile, sshProgram, signal: this.#signal };
      last = await this.connect(await resolveSshHostConfig(target, options), undefined, last, depth + 1);
    }
    const socket = last === undefined ? undefined : await forward(last, config, this.#signal);
    const files = [...config.userKnownHostsFiles, ...config.globalKnownHostsFiles];
    const knownHosts = await readKnownHosts(files, config.revokedHostKeys);
    const client = await connectSsh2Client(
      {
        config,
        knownHosts,
        pinned,
        settings: this.#settings,
        socket,
        keepaliveIntervalMs: keepaliveOf(config, this.#settings),
      },
      this.#signal,
    );
    this.clients.push(client);
    return client;
  }

  destroy(): void {
    for (const client of this.clients.toReversed()) client.destroy();
  }
}

/** A connection from a jump host to the next one. */
function forward(client: Client, to: SshHostConfig, signal: AbortSignal): Promise<Duplex> {
  return answered<Duplex>(client, to.host, signal, (done) => {
    client.forwardOut("127.0.0.1", 0, to.hostName, to.port, done);
  });
}

function startSubsystem(client: Client, host: string, signal: AbortSignal): Promise<ClientChannel> {
  return answered<ClientChannel>(client, host, signal, (done) => {
    client.subsys("sftp", done);
  });
}

/** Waits for an answer that ssh2 does not give any more when the connection is lost meanwhile. */
async function answered<T>(
  client: Client,
  host: string,
  signal: AbortSignal,
  ask: (done: (error: Error | undefined, result: T) => void) => void,
): Promise<T> {
  let onClose: (() => void) | undefined;
  let aborting: ReturnType<typeof onAbort>;
  try {
    return await new Promise<T>((resolve, reject) => {
      onClose = () => reject(socketError(host, undefined));
      client.once("close", onClose);
      aborting = onAbort(signal, () => reject(signal.reason as Error));
      ask((error, result) => {
        if (error === undefined) resolve(result);
        else reject(refused(host, error));
      });
    });
  } finally {
    if (onClose !== undefined) client.removeListener("close", onClose);
    aborting?.remove();
  }
}

/** The host speaks SSH but does not start SFTP, or does not let us through (RFC 4254, section 5.1). */
function refused(host: string, error: Error & { reason?: unknown }): StoreError {
  // "Resource shortage" and "connect failed" may pass; the other reasons do not.
  const mayPass = error.reason === 4 || error.reason === 2 || error.reason === "RESOURCE_SHORTAGE";
  return new StoreError(mayPass ? "UNAVAILABLE" : "UNSUPPORTED", {
    detail: mayPass
      ? `${host} refuses another channel at the moment`
      : `${host} does not offer the SFTP subsystem, or does not forward to the next host`,
    cause: error,
  });
}

/** A channel of ssh2, with the clients below it. */
class Ssh2Link implements Link {
  readonly transport = "ssh2";
  readonly input: ClientChannel;
  readonly output: ClientChannel;
  readonly #clients: readonly Client[];
  readonly #fate = new LinkFate();
  readonly #closed: Promise<readonly void[]>;

  constructor(host: string, clients: readonly Client[], channel: ClientChannel) {
    this.input = channel;
    this.output = channel;
    this.#clients = clients;
    // What a server writes there is for people; unread it would stop the channel.
    channel.stderr.resume();
    channel.once("close", () => {
      this.#fate.lose(() => new StoreError("CONNECTION", { detail: `${host} has ended the SFTP session` }));
      this.destroy();
    });
    for (const client of clients) {
      client.on("error", (error: Ssh2Error) => {
        if (error.level === "agent") return;
        const isSilent = error.level === "client-timeout";
        this.#fate.lose(() =>
          isSilent
            ? new StoreError("TIMEOUT", { detail: `${host} does not answer keepalives`, cause: error })
            : socketError(host, error),
        );
        this.destroy();
      });
      // A FIN of the other end comes without an error. What is still to be sent may never be taken then: no waiting for it.
      client.once("end", () => {
        this.#fate.lose(() => socketError(host, undefined));
        this.destroy();
      });
      client.once("close", () => {
        this.#fate.lose(() => socketError(host, undefined));
        this.destroy();
      });
    }
    this.#closed = Promise.all(
      clients.map((client) => new Promise<void>((resolve) => client.once("close", () => resolve()))),
    );
  }

  onLost(callback: (makeReason: () => StoreError) => void): void {
    this.#fate.onLost(callback);
  }

  destroy(): void {
    for (const client of this.#clients.toReversed()) client.destroy();
  }

  async end(graceMs: number): Promise<void> {
    this.#fate.lose(() => new StoreError("CONNECTION", { detail: "the backend was closed" }));
    const timer = setTimeout(() => this.destroy(), graceMs);
    // The last one takes those below it along, when it is gone.
    for (const client of this.#clients.toReversed()) client.end();
    await this.#closed;
    clearTimeout(timer);
  }
}
