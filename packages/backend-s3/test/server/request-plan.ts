import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { flipped, pieceOf, trickled, type Pieces } from "./body-faults.ts";
import { errorDocument } from "./error-document.ts";
import { HeaderList } from "./header-list.ts";
import { wait } from "./real-timers.ts";
import type { AlterableAnswer, ConnectionCut, OwnAnswer, RequestControl } from "./request-control.ts";

/** What becomes of a request that is not forwarded. */
export type Ending =
  | { readonly kind: "answer"; readonly answer: OwnAnswer }
  | { readonly kind: "reset" | "stall" };

/** Where in its body, if anywhere, an answer stops. */
export interface BodyEnd {
  readonly afterBytes: number;
  readonly how: ConnectionCut | "stall";
}

/** Collects what hooks want for one request. */
export class RequestPlan implements RequestControl {
  readonly headers: HeaderList;
  ending: Ending | undefined;
  /** What is forwarded. */
  pieces: Pieces;
  readonly alterations: ((answer: AlterableAnswer) => void | Promise<void>)[] = [];
  lost: ConnectionCut | undefined;
  isStalled = false;
  bodyEnd: BodyEnd | undefined;
  /** What happens to the answer's body on its way, in this order. */
  readonly bodyFaults: ((body: Pieces) => Pieces)[] = [];
  readonly #isHead: boolean;
  readonly #signal: AbortSignal;
  readonly #allowBody: () => void;

  /** @param allowBody tells a client that waits for that to send the body */
  constructor(request: IncomingMessage, body: Pieces, signal: AbortSignal, allowBody: () => void) {
    this.#isHead = request.method === "HEAD";
    this.headers = new HeaderList(request.rawHeaders);
    this.pieces = body;
    this.#signal = signal;
    this.#allowBody = allowBody;
  }

  answer(answer: OwnAnswer): void {
    this.ending = { kind: "answer", answer };
  }

  error(status: number, code: string, message?: string): void {
    const headers = { "Content-Type": "application/xml" };
    const body = this.#isHead ? "" : errorDocument(code, message);
    this.answer({ status, headers, body });
  }

  reset(): void {
    this.ending = { kind: "reset" };
  }

  stall(): void {
    this.ending = { kind: "stall" };
  }

  async delay(ms: number): Promise<void> {
    await wait(ms, this.#signal);
  }

  async body(): Promise<Buffer> {
    this.#allowBody();
    const body = await buffer(this.pieces);
    this.pieces = pieceOf(body);
    return body;
  }

  setBody(body: string | Uint8Array): void {
    const bytes = Buffer.from(body);
    const before = this.pieces;
    this.headers.remove("transfer-encoding");
    this.headers.set("Content-Length", String(bytes.length));
    this.pieces = instead(before, bytes);
  }

  flipByte(at: number): void {
    this.pieces = flipped(this.pieces, at);
  }

  alterAnswer(alter: (answer: AlterableAnswer) => void | Promise<void>): void {
    this.alterations.push(alter);
  }

  loseAnswer(how: ConnectionCut = "reset"): void {
    this.lost = how;
  }

  stallAnswer(): void {
    this.isStalled = true;
  }

  stallBody(afterBytes: number): void {
    this.bodyEnd = { afterBytes, how: "stall" };
  }

  cutBody(afterBytes: number, how: ConnectionCut = "end"): void {
    this.bodyEnd = { afterBytes, how };
  }

  trickle(bytes: number, everyMs: number): void {
    this.bodyFaults.push((body) => trickled(body, bytes, everyMs, this.#signal));
  }

  flipAnswerByte(at: number): void {
    this.bodyFaults.push((body) => flipped(body, at));
  }
}

/** Reads a body, so that the client can send it, and has other bytes in its place. */
async function* instead(body: Pieces, bytes: Buffer): AsyncGenerator<Buffer> {
  await buffer(body);
  yield* pieceOf(bytes);
}
