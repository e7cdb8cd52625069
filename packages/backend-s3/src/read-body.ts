import { StoreError } from "@borgstore/core";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";
import { statusOf } from "./classify.ts";
import type { Exchange } from "./requests.ts";

/** The body of an answer, as pieces. It ends with the exchange, and is to be destroyed by whoever asked for it. */
export function bodyOf({ Body: body }: GetObjectCommandOutput, exchange: Exchange): Readable {
  const readable = readableOf(body);
  exchange.reads(readable);
  return readable;
}

function readableOf(body: GetObjectCommandOutput["Body"]): Readable {
  if (body instanceof Readable) return body;
  // A request handler of the caller's, for another runtime.
  if (body !== undefined && "transformToWebStream" in body) {
    return Readable.fromWeb(body.transformToWebStream() as Parameters<typeof Readable.fromWeb>[0]);
  }
  return Readable.from([]);
}

/** Which bytes of a body are wanted, of how many that were announced. */
export interface BodyPart {
  readonly skip: number;
  readonly take: number;
  /** Length of the whole body; `undefined` when it was not announced. */
  readonly length: number | undefined;
}

/**
 * Reads the bytes wanted of a body into memory of their own. Does not wait for what follows them, unless that is little
 * or nothing: then the connection can be used again.
 *
 * @throws StoreError `INTEGRITY` for a body that is shorter or longer than it was announced; what the stream fails with.
 */
export function readBody(
  body: Readable,
  part: BodyPart,
  exchange: Exchange,
): Promise<Uint8Array<ArrayBuffer>> {
  const { skip, take, length } = part;
  return new Promise((resolve, reject) => {
    if (body.destroyed) {
      reject(body.errored ?? closedEarly());
      return;
    }
    // Not cleared: it is only handed out when every byte of it has been written.
    const value = new Uint8Array(Buffer.allocUnsafeSlow(take).buffer);
    let at = 0;
    const settle = (error?: Error): void => {
      body.removeAllListeners("data");
      if (error === undefined) resolve(value);
      else reject(bodyError(error));
    };
    body.on("data", (chunk: Uint8Array) => {
      exchange.progress();
      const from = Math.min(Math.max(0, skip - at), chunk.byteLength);
      const to = Math.min(Math.max(0, skip + take - at), chunk.byteLength);
      if (to > from) value.set(chunk.subarray(from, to), at + from - skip);
      at += chunk.byteLength;
      if (length !== undefined && at > length) {
        body.destroy();
        settle(wrongLength(at, length));
        return;
      }
      const left = (length ?? Infinity) - at;
      if (at >= skip + take && left > mostReadInVain) {
        body.destroy();
        settle();
      }
    });
    body.once("end", () => {
      const announced = length ?? skip + take;
      settle(at < announced ? wrongLength(at, announced) : undefined);
    });
    body.on("error", settle);
    body.once("close", () => settle(closedEarly()));
  });
}

const mostReadInVain = 64 * 1024;

/**
 * What an error of a body means: without a code of the system it is the SDK's, which has compared what arrived with the
 * checksum that the service sent along.
 */
export function bodyError(error: Error): Error {
  const { code } = error as { readonly code?: unknown };
  if (StoreError.is(error) || code !== undefined || error.name !== "Error") return error;
  // An answer that could not be understood.
  if (statusOf(error) !== undefined) return error;
  return new StoreError("INTEGRITY", {
    detail: "what arrived does not have the checksum that the service sent along",
    retryable: true,
    cause: error,
  });
}

function closedEarly(): StoreError {
  return new StoreError("CONNECTION", { detail: "it was closed in the middle of a value" });
}

/** A body of another length than was announced. */
export function wrongLength(length: number, announced: number): StoreError {
  return new StoreError("INTEGRITY", {
    detail: `${length} bytes arrived of ${announced}`,
    retryable: true,
  });
}

/** Reads a body whose length was not announced: its end is the one that the protocol marks. */
export async function readUnannounced(body: Readable, exchange: Exchange): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    exchange.progress();
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
