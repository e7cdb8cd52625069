import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { altered, pieceOf, type Pieces } from "./body-faults.ts";
import { HeaderList } from "./header-list.ts";
import type { AlterableAnswer } from "./request-control.ts";

/** The real server's answer on its way. */
export class UpstreamAnswer implements AlterableAnswer {
  status: number;
  readonly headers: HeaderList;
  pieces: Pieces;
  readonly #incoming: IncomingMessage;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
    this.status = incoming.statusCode ?? 0;
    this.headers = new HeaderList(incoming.rawHeaders);
    // Those of one connection.
    this.headers.remove("connection", "keep-alive", "transfer-encoding");
    this.pieces = incoming;
  }

  async body(): Promise<Buffer> {
    const body = await buffer(this.pieces);
    this.pieces = pieceOf(body);
    return body;
  }

  setBody(body: string | Uint8Array): void {
    const bytes = Buffer.from(body);
    // What the server still sends must be read, or its connection stays open.
    if (this.pieces === this.#incoming) this.#incoming.resume();
    this.headers.set("Content-Length", String(bytes.length));
    this.pieces = pieceOf(bytes);
  }

  alterBody(alter: (piece: Buffer, offset: number) => Uint8Array): void {
    this.pieces = altered(this.pieces, alter);
  }
}
