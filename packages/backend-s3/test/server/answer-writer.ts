import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Pieces } from "./body-faults.ts";
import { closeSocket } from "./close-socket.ts";
import { HeaderList } from "./header-list.ts";
import { wait } from "./real-timers.ts";
import type { BodyEnd } from "./request-plan.ts";
import type { ConnectionCut } from "./request-control.ts";

/** How long a client has for reading what it was sent before a reset, which may take that away. */
const beforeResetMs = 20;

/** What is written to a client. */
export interface WrittenAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly pieces: Pieces;
}

/** Writes one answer to the client. */
export class AnswerWriter {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;

  /** @param signal aborts when the client is gone */
  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
  }

  /** Sends an answer as it is, at the pace of the client, and the body as far as it is to go. */
  async write({ status, headers, pieces }: WrittenAnswer, end?: BodyEnd): Promise<void> {
    const response = this.#response;
    response.sendDate = false;
    response.writeHead(status, [...headers.raw]);
    if (response.req.method === "HEAD" || status === 204 || status === 304) {
      response.end();
      return;
    }
    // Not together with a body that may not come.
    response.flushHeaders();
    const limit = end?.afterBytes ?? Infinity;
    const written = await this.#writeBody(pieces, limit);
    const length = headers.get("content-length");
    if (end !== undefined && written >= limit) await this.#stop(end.how);
    else if (length !== undefined && Number(length) !== written) await this.#stop("end");
    else response.end();
  }

  /** Closes the connection, in the middle of whatever was being sent. */
  cut(how: ConnectionCut): void {
    const { socket } = this.#response;
    if (socket !== null) closeSocket(socket, how);
  }

  async #writeBody(pieces: Pieces, limit: number): Promise<number> {
    let written = 0;
    if (limit <= 0) return 0;
    for await (const piece of pieces) {
      const part = piece.subarray(0, limit - written);
      const mustWait = !this.#response.write(part);
      written += part.length;
      if (mustWait) await once(this.#response, "drain", { signal: this.#signal });
      if (written >= limit) break;
    }
    return written;
  }

  async #stop(how: BodyEnd["how"]): Promise<void> {
    if (how === "stall") return;
    if (how === "reset") await this.#written();
    this.cut(how);
  }

  async #written(): Promise<void> {
    do await wait(beforeResetMs, this.#signal);
    while ((this.#response.socket?.writableLength ?? 0) > 0);
  }
}
