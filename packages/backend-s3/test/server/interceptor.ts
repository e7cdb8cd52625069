import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { S3Credentials } from "./embedded-s3.ts";
import { Exchange } from "./exchange.ts";
import type { RecordedRequest } from "./recorded-request.ts";
import type { RequestHook } from "./request-control.ts";
import { RequestRecording } from "./request-recording.ts";
import type { S3Operation } from "./s3-operation.ts";

/** What an interceptor stands in front of. */
export interface InterceptorOptions {
  /** The real server: `http://127.0.0.1:PORT`. */
  readonly upstream: string;
  /** With these, requests whose signed headers a hook changed are signed anew; else they are sent as they are. */
  readonly credentials?: S3Credentials;
}

/**
 * Between S3 clients that address buckets by path and a real server, on HTTP without TLS. It records requests, passes
 * on all that comes, the Host header too, so that signatures stay valid, and does what hooks say.
 */
export interface Interceptor extends AsyncDisposable {
  /** For clients: `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly port: number;
  /** All requests since the start or {@link Interceptor.clear}, also those that were not forwarded; in order. */
  readonly requests: readonly RecordedRequest[];
  /** Connections of clients that are open now. */
  readonly openSockets: number;
  /** Connections of clients since the start. */
  readonly acceptedSockets: number;
  /** How many of {@link Interceptor.requests} are of this operation; without one, all. */
  count(operation?: S3Operation): number;
  /** Forgets the recorded requests; hooks stay. */
  clear(): void;
  /**
   * Adds a hook. Each request asks all of them, in this order. One that throws makes the connection be reset, and
   * {@link Interceptor.stop} reject.
   *
   * @returns removes it
   */
  onRequest(hook: RequestHook): () => void;
  /** Closes all connections and resolves when that is done; rejects with what hooks threw. Again: the same. */
  stop(): Promise<void>;
}

/** Starts an {@link Interceptor} on a free port of 127.0.0.1. The caller stops it. */
export async function startInterceptor(options: InterceptorOptions): Promise<Interceptor> {
  const interceptor = new ListeningInterceptor(options);
  await interceptor.listen();
  return interceptor;
}

const host = "127.0.0.1";
/** Nobody but hooks and clients decides when a connection is over. */
const serverOptions = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };

class ListeningInterceptor implements Interceptor {
  readonly #options: InterceptorOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #exchanges = new Set<Promise<void>>();
  readonly #hookErrors: unknown[] = [];
  #hooks: readonly RequestHook[] = [];
  #requests: RecordedRequest[] = [];
  #acceptedSockets = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: InterceptorOptions) {
    const onRequest = (incoming: IncomingMessage, response: ServerResponse): void => {
      this.#onRequest(incoming, response);
    };
    this.#options = options;
    this.#server = createServer(serverOptions, onRequest)
      .on("checkContinue", onRequest)
      .on("connection", (socket: Socket) => this.#onConnection(socket));
  }

  get endpoint(): string {
    return `http://${host}:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  get acceptedSockets(): number {
    return this.#acceptedSockets;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, host);
    await once(this.#server, "listening");
  }

  count(operation?: S3Operation): number {
    return this.#requests.filter((request) => operation === undefined || request.operation === operation)
      .length;
  }

  clear(): void {
    this.#requests = [];
  }

  onRequest(hook: RequestHook): () => void {
    // An object of its own, so that one hook can be there twice.
    const added: RequestHook = (request, control) => hook(request, control);
    this.#hooks = [...this.#hooks, added];
    return () => {
      this.#hooks = this.#hooks.filter((other) => other !== added);
    };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #onConnection(socket: Socket): void {
    this.#acceptedSockets += 1;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #onRequest(incoming: IncomingMessage, response: ServerResponse): void {
    const recording = new RequestRecording(incoming);
    this.#requests.push(recording);
    const exchange = new Exchange([incoming, response], recording, this.#options, (error) => {
      this.#hookErrors.push(error);
    });
    const done = exchange.run(this.#hooks).finally(() => this.#exchanges.delete(done));
    this.#exchanges.add(done);
  }

  async #stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await Promise.all(this.#exchanges);
    if (this.#hookErrors.length > 0) throw new AggregateError(this.#hookErrors, "Hooks threw");
  }
}
