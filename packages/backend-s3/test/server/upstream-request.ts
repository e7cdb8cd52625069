import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, request as startRequest } from "node:http";
import type { Pieces } from "./body-faults.ts";
import { HeaderList } from "./header-list.ts";
import type { InterceptorOptions } from "./interceptor.ts";
import { signAnew, signedHeadersDiffer } from "./sign-anew.ts";

/** A connection for each request: none is found closed by the server when it is used again. */
const agent = new Agent({ keepAlive: false });

/** A request on its way to the real server. */
export class UpstreamRequest {
  readonly #request: ClientRequest;
  /** Resolves when nothing more comes of it. */
  readonly closed: Promise<void>;

  /**
   * @param incoming as the client sent it
   * @param headers as hooks want them
   */
  constructor(options: InterceptorOptions, incoming: IncomingMessage, headers: HeaderList) {
    const { method = "", url = "" } = incoming;
    const { credentials } = options;
    const { hostname: host, port } = new URL(options.upstream);
    if (credentials !== undefined && signedHeadersDiffer(new HeaderList(incoming.rawHeaders), headers))
      signAnew(method, url, headers, credentials);
    // Those of one connection.
    headers.remove("connection", "keep-alive");
    headers.set("Connection", "close");
    const all = headers.all;
    // Node would say that a body of unknown length follows.
    if (["PUT", "POST"].includes(method) && !("content-length" in all) && !("transfer-encoding" in all))
      headers.set("Content-Length", "0");
    this.#request = startRequest({ host, port, method, path: url, headers: [...headers.raw], agent });
    // Whoever waits is told; a late one is of no interest.
    this.#request.on("error", () => undefined);
    this.closed = new Promise((resolve) => void this.#request.once("close", () => resolve()));
    // A client that waits for leave to send the body gets it from the real server.
    if ("expect" in all) this.#request.flushHeaders();
  }

  /** Calls back when the server asks for the body. */
  onContinue(callback: () => void): void {
    this.#request.once("continue", callback);
  }

  /** Resolves when the headers of the answer are there; rejects when the connection fails before. */
  async answer(): Promise<IncomingMessage> {
    const [answer] = (await once(this.#request, "response")) as [IncomingMessage];
    return answer;
  }

  /** Forwards a body. When the server has enough the rest is read all the same, so that the client can go on. */
  async send(body: Pieces): Promise<void> {
    const request = this.#request;
    for await (const piece of body) {
      if (request.destroyed || request.write(piece)) continue;
      const drained = new Promise((resolve) => void request.once("drain", resolve));
      await Promise.race([drained, this.closed]);
    }
    if (!request.destroyed) request.end();
  }

  destroy(): void {
    this.#request.destroy();
  }
}
