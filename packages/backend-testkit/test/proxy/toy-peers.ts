import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { startFaultProxy, type FaultProxy, type FaultProxyOptions } from "../../src/index.ts";

/** One end of a connection that notes what it gets. */
export class ToyPeer {
  readonly socket: Socket;
  received = "";
  /** `data`, `end`, `close` and codes of errors, in order; `data` once for all in a row. */
  readonly events: string[] = [];

  constructor(socket: Socket) {
    this.socket = socket.setEncoding("latin1");
    const note = (event: string): void => {
      if (event !== "data" || this.events.at(-1) !== "data") this.events.push(event);
    };
    socket.on("data", (text: string) => {
      this.received += text;
      note("data");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => note(error.code ?? error.message));
    socket.on("end", () => note("end"));
    socket.on("close", () => note("close"));
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  async until(isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      const changes = new AbortController();
      const signal = changes.signal;
      await Promise.race(
        ["data", "end", "close"].map((event) => once(this.socket, event, { signal }).catch(() => undefined)),
      );
      changes.abort();
    }
  }

  async untilReceived(text: string): Promise<void> {
    await this.until(() => this.received.includes(text));
  }

  async untilEvent(event: string): Promise<void> {
    await this.until(() => this.events.includes(event));
  }

  /** Sends a line and resolves with the answer that is for it. */
  async request(line: string): Promise<void> {
    this.send(`${line}\n`);
    await this.untilReceived(`re:${line}\n`);
  }
}

/** A server on this machine, the proxy before it, and who is connected. */
export interface ToyNetwork extends AsyncDisposable {
  readonly proxy: FaultProxy;
  readonly serverPort: number;
  /** The server's ends, in the order in which they came. */
  readonly serverPeers: readonly ToyPeer[];
  /** A new client of the proxy, or of another port. */
  connect(port?: number): Promise<ToyPeer>;
  /** A new client and the server's end of the same connection. */
  pair(): Promise<{ readonly client: ToyPeer; readonly server: ToyPeer }>;
}

/** Answers `re:LINE` to each line. */
export function answerLines(peer: ToyPeer): void {
  let rest = "";
  peer.socket.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) peer.send(`re:${line}\n`);
  });
}

/** Starts all of it; `serve` is what the server does with a connection, nothing by default. */
export async function toyNetwork(
  serve: (peer: ToyPeer) => void = () => undefined,
  options: Partial<FaultProxyOptions> = {},
): Promise<ToyNetwork> {
  const serverPeers: ToyPeer[] = [];
  const clients: ToyPeer[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = new ToyPeer(socket);
    serverPeers.push(peer);
    serve(peer);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port: serverPort } = server.address() as AddressInfo;
  const proxy = await startFaultProxy({ port: serverPort, ...options });
  const network = {
    proxy,
    serverPort,
    serverPeers,
    connect: async (port = proxy.port) => {
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
      const peer = new ToyPeer(socket);
      clients.push(peer);
      await once(socket, "connect");
      return peer;
    },
    pair: async () => {
      const arrival = once(server, "connection");
      const client = await network.connect();
      await arrival;
      return { client, server: serverPeers[serverPeers.length - 1] as ToyPeer };
    },
    [Symbol.asyncDispose]: async () => {
      await proxy.close();
      for (const peer of [...clients, ...serverPeers]) peer.socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
  return network;
}
