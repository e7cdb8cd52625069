import type { IncomingMessage, ServerResponse } from "node:http";
import { AnswerWriter, type WrittenAnswer } from "./answer-writer.ts";
import { pieceOf, type Pieces } from "./body-faults.ts";
import { HeaderList } from "./header-list.ts";
import type { InterceptorOptions } from "./interceptor.ts";
import type { ConnectionCut, OwnAnswer, RequestHook } from "./request-control.ts";
import { type BodyEnd, RequestPlan } from "./request-plan.ts";
import type { RequestRecording } from "./request-recording.ts";
import { UpstreamAnswer } from "./upstream-answer.ts";
import { UpstreamRequest } from "./upstream-request.ts";

/** One request of a client and its answer. */
export class Exchange {
  readonly #incoming: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #recording: RequestRecording;
  readonly #options: InterceptorOptions;
  readonly #onHookError: (error: unknown) => void;
  readonly #gone = new AbortController();
  /** Resolves when the client has its answer, or has left. */
  readonly #over: Promise<void>;
  readonly #writer: AnswerWriter;
  readonly #plan: RequestPlan;
  #upstream: UpstreamRequest | undefined;
  /** The client sends no body before it is told to, or is tired of waiting. */
  #awaitsContinue: boolean;

  constructor(
    [incoming, response]: readonly [IncomingMessage, ServerResponse],
    recording: RequestRecording,
    options: InterceptorOptions,
    onHookError: (error: unknown) => void,
  ) {
    const { signal } = this.#gone;
    this.#incoming = incoming;
    this.#response = response;
    this.#recording = recording;
    this.#options = options;
    this.#onHookError = onHookError;
    this.#awaitsContinue = "expect" in recording.headers;
    this.#writer = new AnswerWriter(response, signal);
    this.#plan = new RequestPlan(incoming, recording.body(incoming), signal, () => this.#allowBody());
    this.#over = new Promise((resolve) => {
      response.once("close", () => {
        this.#gone.abort();
        resolve();
      });
    });
  }

  /**
   * Asks the hooks and does what they say. Whatever breaks resets the client's connection. Resolves when the client has
   * its answer, or has left, and the server's connection is closed.
   */
  async run(hooks: readonly RequestHook[]): Promise<void> {
    try {
      for (const hook of hooks) await this.#ask(async () => await hook(this.#recording, this.#plan));
      if (!this.#gone.signal.aborted) await this.#carryOut();
    } catch {
      this.#writer.cut("reset");
    }
    await this.#over;
    await this.#upstream?.closed;
  }

  /** Waits for what a test wants to do, but not longer than the client does. */
  async #ask(work: () => Promise<void>): Promise<void> {
    const done = work().catch((error: unknown) => {
      // It may have been reading from a connection that is gone.
      const isExpected = this.#gone.signal.aborted || (error instanceof Error && "code" in error);
      if (!isExpected) this.#onHookError(error);
      throw error;
    });
    await Promise.race([done, this.#over]);
  }

  async #carryOut(): Promise<void> {
    const { ending } = this.#plan;
    if (ending === undefined) await this.#forward();
    else if (ending.kind === "answer") await this.#answer(ending.answer);
    else if (ending.kind === "reset") this.#writer.cut("reset");
  }

  async #answer({ status, headers = {}, body = "", early = false }: OwnAnswer): Promise<void> {
    const bytes = Buffer.from(body);
    const list = new HeaderList(Object.entries(headers).flat());
    if (list.get("content-length") === undefined) list.set("Content-Length", String(bytes.length));
    if (!this.#awaitsContinue) {
      const read = readAll(this.#plan.pieces);
      if (early) read.catch(() => undefined);
      else await read;
    }
    await this.#write({ status, headers: list, pieces: pieceOf(bytes) });
  }

  async #forward(): Promise<void> {
    const { pieces, headers, alterations, bodyFaults, lost, isStalled, bodyEnd } = this.#plan;
    const request = new UpstreamRequest(this.#options, this.#incoming, headers);
    this.#upstream = request;
    this.#gone.signal.addEventListener("abort", () => request.destroy());
    request.onContinue(() => this.#allowBody());
    const answered = request.answer();
    request.send(pieces).catch(() => request.destroy());
    const answer = new UpstreamAnswer(await answered);
    if (lost !== undefined) await this.#lose(answer.pieces, lost);
    if (lost !== undefined || isStalled) return;
    for (const alter of alterations) await this.#ask(async () => await alter(answer));
    for (const fault of bodyFaults) answer.pieces = fault(answer.pieces);
    if (!this.#gone.signal.aborted) await this.#write(answer, bodyEnd);
  }

  async #lose(body: Pieces, how: ConnectionCut): Promise<void> {
    await readAll(body);
    this.#writer.cut(how);
  }

  async #write(answer: WrittenAnswer, end?: BodyEnd): Promise<void> {
    this.#recording.status = answer.status;
    // The body that was not asked for does not come, or comes as what would be taken for the next request.
    if (this.#awaitsContinue) this.#response.shouldKeepAlive = false;
    await this.#writer.write(answer, end);
  }

  #allowBody(): void {
    if (!this.#awaitsContinue) return;
    this.#awaitsContinue = false;
    this.#response.writeContinue();
  }
}

async function readAll(body: Pieces): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}
