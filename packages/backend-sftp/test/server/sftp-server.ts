import { once } from "node:events";
import { realpath } from "node:fs/promises";
import { type AddressInfo, createServer, type Server as TcpServer, type Socket } from "node:net";
import { Gate } from "./gate.ts";
import { generateKeyPair } from "./key-pair.ts";
import { RequestCounts } from "./request-counts.ts";
import { type ConnectionSurroundings, ServerConnection } from "./server-connection.ts";
import { ServerPaths } from "./server-paths.ts";
import type { SftpServerOptions } from "./sftp-server-options.ts";
import { settingsOf } from "./sftp-settings.ts";

/** An SFTP server on 127.0.0.1 that can be told how to misbehave. */
export interface SftpServer extends AsyncDisposable {
  readonly port: number;
  /** Type and base64 of each host key, in the order of preference. */
  readonly hostKeyLines: readonly string[];
  /** A private key in OpenSSH's form that is let in, unless the options name others. */
  readonly clientKey: string;
  readonly clientPublicKey: string;
  /** What known_hosts must hold, one line a key; no line break at the end. */
  knownHostsLine(): string;
  /** Requests by type. Those that a hook ignored, dropped or answered count too. */
  readonly requests: ReadonlyMap<string, number>;
  resetCounts(): void;
  readonly openHandles: number;
  /** TCP connections that are open now. */
  readonly connections: number;
  /** TCP connections that were ever accepted. */
  readonly acceptedConnections: number;
  /** Bytes of file data in answers; may be set back to 0. */
  deliveredBytes: number;
  /** Destroys all sockets. */
  dropConnections(): void;
  /** Sends FIN on all sockets, and carries out nothing more. */
  endConnections(): void;
  /** Plays a machine that is stopped: nothing is read, carried out or sent, and new connections stay silent. */
  freeze(): void;
  /** Goes on where `freeze` stopped, with all that has come in since. */
  thaw(): void;
  /**
   * Resolves when no socket, handle or timer is left.
   * @throws {AggregateError} if the server, or a hook, failed at anything that is not the client's doing
   */
  close(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  const home = await realpath(options.home, "latin1");
  const server = new InProcessServer(options, home);
  await server.listen();
  return server;
}

class InProcessServer implements SftpServer {
  deliveredBytes = 0;
  readonly clientKey: string;
  readonly clientPublicKey: string;
  readonly hostKeyLines: readonly string[];
  readonly #counts = new RequestCounts();
  readonly #gate = new Gate();
  readonly #faults: unknown[] = [];
  readonly #around: ConnectionSurroundings;
  readonly #connections = new Set<ServerConnection>();
  readonly #tcp: TcpServer;
  /** Accepted while frozen; they are told nothing, not even that this is SSH. */
  #silent: ServerConnection[] = [];
  #port = 0;
  #accepted = 0;

  constructor(options: SftpServerOptions, home: string) {
    const hostKeys = (options.hostKeys ?? ["ed25519"]).map(generateKeyPair);
    const clientKeys = generateKeyPair("ed25519");
    this.hostKeyLines = hostKeys.map(({ publicKey }) => publicKey);
    this.clientKey = clientKeys.privateKey;
    this.clientPublicKey = clientKeys.publicKey;
    const {
      authorizedKeys = [this.clientPublicKey],
      maxAuthTries = 6,
      password,
      keyboardInteractive,
    } = options;
    this.#around = {
      settings: settingsOf(options),
      paths: new ServerPaths(home),
      counts: this.#counts,
      gate: this.#gate,
      hostKeys: hostKeys.map(({ privateKey }) => privateKey),
      credentials: {
        authorizedKeys,
        maxAuthTries,
        ...(password !== undefined && { password }),
        ...(keyboardInteractive !== undefined && { keyboardInteractive }),
      },
      countDelivered: (bytes) => {
        this.deliveredBytes += bytes;
      },
      reportFault: (fault) => {
        this.#faults.push(fault);
      },
    };
    // ssh2 could listen itself, but shows no sockets, and nothing at all of clients that say nothing.
    this.#tcp = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  get port(): number {
    return this.#port;
  }

  get requests(): ReadonlyMap<string, number> {
    return this.#counts.all;
  }

  get openHandles(): number {
    return [...this.#connections].reduce((sum, connection) => sum + connection.openHandles, 0);
  }

  get connections(): number {
    return this.#connections.size;
  }

  get acceptedConnections(): number {
    return this.#accepted;
  }

  async listen(): Promise<void> {
    this.#tcp.listen(0, "127.0.0.1");
    await once(this.#tcp, "listening");
    this.#port = (this.#tcp.address() as AddressInfo).port;
  }

  knownHostsLine(): string {
    return this.hostKeyLines.map((line) => `[127.0.0.1]:${this.#port} ${line}`).join("\n");
  }

  resetCounts(): void {
    this.#counts.reset();
  }

  dropConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  endConnections(): void {
    for (const connection of this.#connections) connection.end();
  }

  freeze(): void {
    if (this.#gate.isShut) return;
    this.#gate.shut();
    for (const connection of this.#connections) connection.freeze();
  }

  thaw(): void {
    if (!this.#gate.isShut) return;
    this.#gate.open();
    const silent = this.#silent;
    this.#silent = [];
    for (const connection of this.#connections) {
      if (!silent.includes(connection)) connection.thaw();
    }
    for (const connection of silent) connection.serve();
  }

  async close(): Promise<void> {
    const connections = [...this.#connections];
    if (this.#tcp.listening) {
      const closed = once(this.#tcp, "close");
      this.#tcp.close();
      this.dropConnections();
      await closed;
    }
    await Promise.all(connections.map((connection) => connection.closed()));
    if (this.#faults.length > 0) throw new AggregateError(this.#faults.splice(0), "the SFTP server failed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(socket: Socket): void {
    this.#accepted += 1;
    const connection = new ServerConnection(socket, this.#accepted, this.#around);
    this.#connections.add(connection);
    // Kept until its handles are closed too, so that they are counted to the end.
    void connection.closed().then(() => this.#connections.delete(connection));
    if (this.#gate.isShut) this.#silent.push(connection);
    else connection.serve();
  }
}
