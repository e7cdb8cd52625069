import type { AddressInfo, connect as Connect, Server, Socket } from "node:net";
import type { FaultProxy, FaultProxyOptions, ProxyCut, RoundTripCount } from "./fault-proxy.ts";
import { Line, type ProxyDirection } from "./line.ts";
import { ProxiedConnection } from "./proxied-connection.ts";
import { resetSocket } from "./reset-socket.ts";
import { RoundTripCounter } from "./round-trip-counter.ts";

const host = "127.0.0.1";
/** Pieces are passed on as they come: one that waits for others would look like a slow peer. */
const socketOptions = { allowHalfOpen: true, noDelay: true };

/**
 * Starts a {@link FaultProxy} on a free port of 127.0.0.1, in front of a server that need not be there yet: a client
 * whose connection finds none is reset. The caller closes it.
 *
 * @throws RangeError for options out of range; what listening fails with
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  // Only here, so that the conformance suite also runs where there is no such module.
  const net = await import("node:net");
  const server = net.createServer(socketOptions);
  const proxy = new ListeningFaultProxy(server, net.connect, options);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return proxy;
}

class ListeningFaultProxy implements FaultProxy {
  readonly host = host;
  readonly bytes: Readonly<Record<ProxyDirection, number>>;
  readonly #server: Server;
  readonly #connect: typeof Connect;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #lines: Readonly<Record<ProxyDirection, Line>> = { toServer: new Line(), toClient: new Line() };
  readonly #counter: RoundTripCounter;
  readonly #connections = new Set<ProxiedConnection>();
  #port = 0;
  #acceptedConnections = 0;
  #refusedConnections = 0;
  #stillToRefuse = 0;
  #closed: Promise<void> | undefined;

  constructor(server: Server, connect: typeof Connect, options: FaultProxyOptions) {
    this.#connect = connect;
    const { port, delayMs = 0, settleMs = 25 } = options;
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`port ${port}`);
    if (!(settleMs > 0 && settleMs < Infinity)) throw new RangeError(`settleMs ${settleMs} is not above 0`);
    this.#target = { host: options.host ?? host, port };
    this.#counter = new RoundTripCounter(this.#lines, settleMs);
    const { toServer, toClient } = this.#lines;
    this.bytes = {
      get toServer() {
        return toServer.bytes;
      },
      get toClient() {
        return toClient.bytes;
      },
    };
    this.delayMs = delayMs;
    this.#server = server.on("connection", (client) => void this.#onConnection(client));
    server.once("listening", () => {
      this.#port = (server.address() as AddressInfo).port;
    });
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get acceptedConnections(): number {
    return this.#acceptedConnections;
  }

  get refusedConnections(): number {
    return this.#refusedConnections;
  }

  get delayMs(): number {
    return this.#lines.toServer.delayMs;
  }

  set delayMs(value: number) {
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`delayMs ${value} is not 0 or more`);
    for (const line of this.#linesOf()) line.delayMs = value;
  }

  get bytesPerSecond(): number | undefined {
    return this.#lines.toServer.bytesPerSecond;
  }

  set bytesPerSecond(value: number | undefined) {
    if (value !== undefined && !(value > 0)) throw new RangeError(`bytesPerSecond ${value} is not above 0`);
    for (const line of this.#linesOf()) line.bytesPerSecond = value;
  }

  stall(direction?: ProxyDirection): void {
    for (const line of this.#linesOf(direction)) line.stall();
  }

  resume(): void {
    for (const line of this.#linesOf()) line.resume();
  }

  cutAfter(direction: ProxyDirection, bytes: number, how: ProxyCut): Promise<void> {
    if (!Number.isInteger(bytes) || bytes < 0)
      return Promise.reject(new RangeError(`cut after ${bytes} bytes`));
    // Not an async function: that would make a second promise, whose rejection must be handled once more.
    return this.#lines[direction].cutAfter(bytes, () => this[how]());
  }

  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  end(): void {
    for (const connection of this.#connections) connection.end();
  }

  refuse(count = Infinity): void {
    this.#stillToRefuse = count;
  }

  accept(): void {
    this.#stillToRefuse = 0;
  }

  async countRoundTrips<T>(work: () => Promise<T>): Promise<RoundTripCount<T>> {
    return this.#counter.count(work);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #linesOf(direction?: ProxyDirection): readonly Line[] {
    return direction === undefined ? Object.values(this.#lines) : [this.#lines[direction]];
  }

  async #onConnection(client: Socket): Promise<void> {
    if (this.#stillToRefuse > 0) {
      this.#stillToRefuse--;
      this.#refusedConnections++;
      // The client may be faster and reset it itself.
      client.on("error", () => undefined);
      resetSocket(client);
      return;
    }
    this.#acceptedConnections++;
    const server = this.#connect({ ...this.#target, ...socketOptions });
    const connection = new ProxiedConnection(client, server, this.#lines);
    this.#connections.add(connection);
    await connection.closed;
    this.#connections.delete(connection);
  }

  async #close(): Promise<void> {
    for (const line of this.#linesOf()) line.close();
    const stopped = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.destroy();
    await Promise.all([stopped, ...[...this.#connections].map((connection) => connection.closed)]);
  }
}
