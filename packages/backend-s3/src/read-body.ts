import { readBody as readAnyBody, StoreError, type BodyPart, type Exchange } from "@borgstore/core";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { Readable } from "node:stream";
import { statusOf } from "./classify.ts";

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

/** Reads the bytes wanted of a body. */
export function readBody(
  body: Readable,
  part: BodyPart,
  exchange: Exchange,
): Promise<Uint8Array<ArrayBuffer>> {
  return readAnyBody(body, part, exchange, { explain: bodyError });
}

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

/** Reads a body whose length was not announced: its end is the one that the protocol marks. */
export async function readUnannounced(body: Readable, exchange: Exchange): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    exchange.progress();
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
