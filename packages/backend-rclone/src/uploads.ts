import {
  joinPieces,
  StoreError,
  throwIfAborted,
  type ByteSource,
  type Exchange,
  type CallSignal,
} from "@borgstore/core";
import type { ClientRequest } from "node:http";
import { publishesUploads, type Features } from "./features.ts";
import { formEnd, formStart, formType } from "./multipart.ts";
import type { Call } from "./rc-client.ts";
import type { Remote } from "./remote.ts";

/** What a value is stored from: bytes, or pieces that come one after the other. */
export type StoreSource = { readonly value: Uint8Array } | { readonly pieces: ByteSource };

/** Values up to this size are sent by one write, together with what stands around them. */
const smallBytes = 64 * 1024;
/** Size of the writes for what comes in pieces. */
const writeBytes = 256 * 1024;

/**
 * A value may be cut off, and rclone takes what there is of a small one for all of it. Where the remote cannot stream, that
 * would go to a file of this machine first: then only where it matters, which is where no temporary name does.
 */
const wholeOrNothing = { StreamingUploadCutoff: 0 };
/** Nothing but the size is compared afterwards: a digest would take reading all of it once more. */
const withoutDigest = { IgnoreChecksum: true, SizeOnly: true };
/** The name is a temporary one already. */
const straight = { Inplace: true };

function uploadConfig(features: Features): Readonly<Record<string, unknown>> {
  return {
    ...straight,
    ...(features.hashesSlowly ? withoutDigest : {}),
    ...(publishesUploads(features) || features.canStream ? wholeOrNothing : {}),
  };
}

/**
 * Uploads a value under a name, and checks that the service has all of it. Missing directories are made.
 *
 * @throws StoreError `INTEGRITY` when it has another length, or nothing.
 */
export async function upload(remote: Remote, name: string, source: StoreSource, call: Call): Promise<void> {
  const sent = await sendForm(remote, name, source, call);
  throwIfAborted(call.signal);
  const length = await remote.length(name, call);
  if (length === sent) return;
  // Not every service tells a length with a value.
  const stat = length === undefined ? await remote.stat(name, call) : undefined;
  if (stat?.size === sent) return;
  const found = length ?? stat?.size;
  throw new StoreError("INTEGRITY", {
    key: call.name,
    detail:
      found === undefined
        ? "rclone took the value, and the service does not have it"
        : `the service has ${found} bytes of ${sent}`,
    retryable: true,
  });
}

/** @returns how many bytes the value has */
async function sendForm(remote: Remote, name: string, source: StoreSource, call: Call): Promise<number> {
  const slash = name.lastIndexOf("/");
  const start = formStart(name.slice(slash + 1));
  const query = remote.uploadQuery(slash === -1 ? "" : name.slice(0, slash), uploadConfig(remote.features));
  const size = "value" in source ? source.value.byteLength : undefined;
  let sent = size ?? 0;
  await remote.client.requests.run({ ...call, bodyBytes: size ?? 0 }, async (exchange) => {
    const answer = await remote.client.send(exchange, {
      method: "POST",
      path: `/operations/uploadfile?${query}`,
      headers: {
        "content-type": formType,
        ...(size === undefined ? {} : { "content-length": start.byteLength + size + formEnd.byteLength }),
      },
      isRepeatable: "value" in source,
      write: (request) => {
        if ("value" in source) return sendValue(request, start, source.value);
        return sendPieces(request, exchange, start, source.pieces, call.signal).then((bytes) => {
          sent = bytes;
        });
      },
    });
    await remote.client.readAnswer(answer, exchange, call.name);
  });
  return sent;
}

function sendValue(request: ClientRequest, start: Buffer, value: Uint8Array): undefined {
  if (value.byteLength <= smallBytes) {
    request.end(Buffer.concat([start, value, formEnd]));
    return;
  }
  request.write(start);
  request.write(value);
  request.end(formEnd);
}

async function sendPieces(
  request: ClientRequest,
  exchange: Exchange,
  start: Buffer,
  pieces: ByteSource,
  signal: CallSignal | undefined,
): Promise<number> {
  // The source takes the time that it takes, and may itself be a value that is loaded by this backend; only a write is
  // waited for no longer than a stall may last.
  exchange.giveSlotBack();
  exchange.pause();
  request.write(start);
  let sent = 0;
  for await (const piece of joinPieces(pieces, writeBytes)) {
    throwIfAborted(signal);
    for (let at = 0; at < piece.byteLength; at += writeBytes) {
      exchange.progress();
      await written(request, piece.subarray(at, at + writeBytes));
    }
    exchange.pause();
    sent += piece.byteLength;
  }
  request.end(formEnd);
  exchange.sent(sent);
  return sent;
}

/** Writes a piece, and waits until its memory is free for another one. */
function written(request: ClientRequest, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // An answer that comes early ends the request, and what is to be written then has no end.
    request.once("close", resolve);
    request.write(piece, (error) => {
      request.removeListener("close", resolve);
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}
