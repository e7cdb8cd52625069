import {
  parseContentRange,
  socketError,
  StoreError,
  type Exchange,
  type Requests,
  type CallSignal,
} from "@borgstore/core";
import * as http from "node:http";
import { rcloneError } from "./classify.ts";
import { noticeEnd } from "./process/notice-end.ts";
import type { RunningRcd } from "./process/running-rcd.ts";
import type { RcdLease } from "./process/shared-rcd.ts";
import { withoutSecrets } from "./process/without-secrets.ts";

/** Of every call. */
export interface Call {
  readonly signal: CallSignal | undefined;
  /** The name that errors tell. */
  readonly name?: string | undefined;
  /** Whether rclone may have much to do before it answers: ten times the limit. */
  readonly isLong?: boolean | undefined;
}

/** An answer of which only the headers were read. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: http.IncomingMessage;
  /**
   * Whether the headers contradict each other, as they do for a part that is not there: older versions then send another
   * body than they announce, and give up the connection. It has been destroyed.
   */
  readonly isBroken: boolean;
}

/** What is sent with a request. */
export interface Sending {
  readonly method: "GET" | "HEAD" | "POST";
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  /**
   * Whether it may be sent a second time when its connection was closed without an answer: it changes nothing, or the same
   * again, and what it was made of is still there. All else is for the retry layer, which looks at what has become of it.
   */
  readonly isRepeatable: boolean;
  /** Writes the body, and ends the request; without it there is none. */
  readonly write?: (request: http.ClientRequest, exchange: Exchange) => Promise<void> | undefined;
}

/** Methods that change nothing. */
const reading = /^operations\/(?:stat|list|fsinfo|about)$/;

/** Errors are short, and so are answers other than listings. */
const longestAnswer = 4 * 1024 * 1024;

/** Calls of rclone's remote control, over connections that are kept. */
export class RcClient {
  readonly requests: Requests;
  readonly #lease: RcdLease;
  readonly #agent: http.Agent;
  readonly #secrets: readonly string[];
  /** Since a connection broke in the middle of an answer: resolves when it is known whether rclone has ended. */
  #looking: Promise<void> = Promise.resolve();

  /** @param secrets what no message may repeat */
  constructor(lease: RcdLease, requests: Requests, concurrency: number, secrets: readonly string[]) {
    this.requests = requests;
    this.#lease = lease;
    // Streams give their slot back before they end, and need connections of their own then.
    this.#agent = new http.Agent({ keepAlive: true, maxFreeSockets: concurrency });
    this.#secrets = secrets;
  }

  /** Calls a method with parameters, and returns its answer. */
  async call(
    method: string,
    parameters: Readonly<Record<string, unknown>>,
    call: Call,
  ): Promise<Readonly<Record<string, unknown>>> {
    return await this.requests.run(call, async (exchange) => {
      const answer = await this.post(exchange, method, parameters);
      return await this.readAnswer(answer, exchange, call.name);
    });
  }

  /** Sends the parameters of a method. */
  async post(
    exchange: Exchange,
    method: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<Answer> {
    const body = Buffer.from(JSON.stringify(parameters));
    return await this.send(exchange, {
      method: "POST",
      path: `/${method}`,
      headers: { "content-type": "application/json", "content-length": body.byteLength },
      isRepeatable: reading.test(method),
      write: (request) => void request.end(body),
    });
  }

  /** Sends a request and waits for the headers of its answer. Rejects with the errors of Node. */
  async send(exchange: Exchange, sending: Sending): Promise<Answer> {
    // Or a process that has just ended would be asked once more.
    await this.#looking;
    const rcd = this.#lease.current ?? (await this.#lease.get(exchange.signal));
    exchange.throwIfAborted();
    try {
      return await this.#exchange(rcd, exchange, sending);
    } catch (error) {
      if (StoreError.is(error) || exchange.isAborted) throw error;
      await noticeEnd(rcd);
      if (rcd.isLost) throw rcd.whyLost(socketError("rclone", error).unsent);
      // rclone closes connections that were idle for a minute, at the moment when this one was used again.
      if (error instanceof IdleConnectionClosed) return await this.#exchange(rcd, exchange, sending);
      throw error;
    }
  }

  #exchange(rcd: RunningRcd, exchange: Exchange, sending: Sending): Promise<Answer> {
    const { method, path, headers, write } = sending;
    return new Promise((resolve, reject) => {
      const request = http.request({
        host: "127.0.0.1",
        port: rcd.port,
        agent: this.#agent,
        method,
        path,
        headers: { authorization: rcd.authorization, ...headers },
      });
      exchange.sends(request);
      request.on("response", (body) => {
        exchange.reads(body);
        body.on("error", () => {
          if (!exchange.isAborted) this.#looking = noticeEnd(rcd);
        });
        const range = body.headers["content-range"];
        const isBroken = range !== undefined && parseContentRange(range) === undefined;
        // At once, or the next request would have this connection.
        if (isBroken) body.destroy();
        resolve({ status: body.statusCode ?? 0, headers: body.headers, body, isBroken });
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        const isClosed = error.code === "ECONNRESET" || error.code === "EPIPE";
        reject(
          isClosed && request.reusedSocket && sending.isRepeatable ? new IdleConnectionClosed(error) : error,
        );
      });
      if (write === undefined) {
        request.end();
        return;
      }
      // After an answer that came early the rest is for nobody.
      write(request, exchange)?.catch((error: unknown) => {
        request.destroy();
        reject(error);
      });
    });
  }

  /** The JSON that a method answers with; what it says is wrong is thrown. */
  async readAnswer(
    answer: Answer,
    exchange: Exchange,
    name: string | undefined,
  ): Promise<Readonly<Record<string, unknown>>> {
    const text = await readText(answer.body, exchange);
    const parsed = parseObject(text);
    if (answer.status !== 200) throw this.#failure(answer.status, parsed, text, name);
    if (parsed === undefined) throw notFromRclone(name);
    return parsed;
  }

  /** The error that an answer with another status than those expected tells of. */
  async failureOf(answer: Answer, exchange: Exchange, name: string | undefined): Promise<StoreError> {
    const text = await readText(answer.body, exchange);
    return this.#failure(answer.status, parseObject(text), text, name);
  }

  #failure(
    status: number,
    parsed: Readonly<Record<string, unknown>> | undefined,
    text: string,
    name: string | undefined,
  ): StoreError {
    if (status === 401) {
      return new StoreError("UNAUTHENTICATED", {
        key: name,
        detail: "rclone does not know the password that it was started with",
      });
    }
    const said = parsed?.["error"];
    // A text without JSON comes from the code that serves files, which could not open one.
    const message = typeof said === "string" ? said : text.trim();
    return rcloneError(status, this.clean(message), name);
  }

  /** A text without secrets. */
  clean(text: string): string {
    return withoutSecrets(text, this.#secrets);
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** A kept connection was closed before there was an answer. The cause's code is its own, too. */
class IdleConnectionClosed extends Error {
  readonly code: string | undefined;

  constructor(cause: NodeJS.ErrnoException) {
    super("a kept connection was closed", { cause });
    this.code = cause.code;
  }
}

/** An answer that no rclone gives. */
export function notFromRclone(name: string | undefined): StoreError {
  return new StoreError("UNEXPECTED", { key: name, detail: "what answers does not speak as rclone does" });
}

/** By events: an iterator over a stream costs more than all else that is done with a short answer. */
function readText(body: http.IncomingMessage, exchange: Exchange): Promise<string> {
  return new Promise((resolve, reject) => {
    const cutOff = (): void =>
      reject(body.errored ?? new StoreError("CONNECTION", { detail: "rclone's answer ends in the middle" }));
    if (body.destroyed) {
      cutOff();
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    body.on("data", (chunk: Buffer) => {
      exchange.progress();
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length <= longestAnswer) return;
      reject(notFromRclone(undefined));
      body.destroy();
    });
    body.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    body.on("error", reject);
    body.on("close", () => {
      if (!body.readableEnded) cutOff();
    });
  });
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null
      ? (parsed as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
