import {
  clampRange,
  parseContentRange,
  partOfAnswer,
  rangeHeader,
  StoreError,
  wantedRange,
  type AnsweredRange,
  type BodyPart,
  type Exchange,
  type LoadOptions,
  type WantedRange,
  callSignal,
  type CallSignal,
} from "@borgstore/core";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import type { Bucket } from "./bucket.ts";
import { isMissing, isPreconditionFailed, isRangeUnsatisfiable } from "./classify.ts";
import { bodyOf, readBody, readUnannounced } from "./read-body.ts";
import type { Target } from "./store-file.ts";

/** How often a part is looked for anew when the object is replaced between the two requests that it takes. */
const mostReplacements = 5;

/** Loads a value or a part of it: by one request, or two for a part that ends far before the end. */
export async function loadFile(
  bucket: Bucket,
  target: Target,
  options: LoadOptions,
  verify: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const wanted = wantedRange(options);
  if (wanted === undefined) return await loadWhole(bucket, target, callSignal(options), verify);
  if (wanted.size === 0) {
    await lengthOf(bucket, target, callSignal(options));
    return new Uint8Array(0);
  }
  const range = rangeHeader(wanted);
  if (range !== undefined) {
    const part = await loadRange(bucket, target, wanted, { range, signal: callSignal(options) });
    // Some refuse a tail that is longer than the value.
    if (part !== undefined || wanted.offset >= 0) return part ?? new Uint8Array(0);
  }
  return await loadMeasured(bucket, target, wanted, callSignal(options));
}

async function loadWhole(
  bucket: Bucket,
  { key, name }: Target,
  signal: CallSignal | undefined,
  verify: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  return await bucket.requests.run({ signal, name }, async (exchange) => {
    const output = await getOrMissing(bucket, exchange, { key, name }, {});
    const body = bodyOf(output, exchange);
    try {
      const length = output.ContentLength;
      const value =
        length === undefined
          ? await readUnannounced(body, exchange)
          : await readBody(body, { skip: 0, take: length, length }, exchange);
      if (verify) verifyValue(output, value, name);
      return value;
    } finally {
      body.destroy();
    }
  });
}

/** `undefined` when the service says that there are no such bytes. */
async function loadRange(
  bucket: Bucket,
  { key, name }: Target,
  wanted: WantedRange,
  {
    range,
    ifMatch,
    signal,
  }: { readonly range: string; readonly ifMatch?: string; readonly signal: CallSignal | undefined },
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return await bucket.requests.run({ signal, name }, async (exchange) => {
    let output: GetObjectCommandOutput;
    try {
      output = await getOrMissing(bucket, exchange, { key, name }, { range, ifMatch });
    } catch (error) {
      if (isRangeUnsatisfiable(error)) return undefined;
      throw error;
    }
    const body = bodyOf(output, exchange);
    try {
      return await readBody(body, bodyPart(output, wanted), exchange);
    } finally {
      body.destroy();
    }
  });
}

/** A part counted from the end, when the value's length has to be known first. */
async function loadMeasured(
  bucket: Bucket,
  target: Target,
  { offset, size }: WantedRange,
  signal: CallSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  for (let replacements = 0; ; replacements++) {
    const { length, etag } = await lengthOf(bucket, target, signal);
    const { start, end } = clampRange(length, offset, size);
    if (start >= end) return new Uint8Array(0);
    const wanted = { offset: start, size: end - start };
    const range = `bytes=${start}-${end - 1}`;
    try {
      const part = await loadRange(bucket, target, wanted, {
        range,
        signal,
        ...(etag === undefined ? {} : { ifMatch: etag }),
      });
      if (part !== undefined) return part;
    } catch (error) {
      if (!isPreconditionFailed(error)) throw error;
    }
    if (replacements >= mostReplacements) {
      throw new StoreError("UNAVAILABLE", {
        key: target.name,
        detail: "the object is replaced again and again while a part of it is looked for",
      });
    }
  }
}

/** Asks how long a value is, and which one it is. */
export async function lengthOf(
  bucket: Bucket,
  { key, name }: Target,
  signal: CallSignal | undefined,
): Promise<{ readonly length: number; readonly etag: string | undefined }> {
  const head = await bucket.head(key, { signal, name });
  if (head === undefined) throw new StoreError("NOT_FOUND", { key: name });
  return { length: head.ContentLength ?? 0, etag: head.ETag };
}

/** Asks for a value; what is missing is `NOT_FOUND`, everything else the SDK's error. */
export async function getOrMissing(
  bucket: Bucket,
  exchange: Exchange,
  { key, name }: Target,
  part: Parameters<Bucket["get"]>[2],
): Promise<GetObjectCommandOutput> {
  try {
    return await bucket.get(exchange, key, part);
  } catch (error) {
    if (isMissing(error)) throw new StoreError("NOT_FOUND", { key: name, cause: error });
    throw error;
  }
}

/**
 * Which bytes of the body are wanted. Without `Content-Range` the service has sent everything, and what was asked for is
 * cut out of it.
 *
 * @throws StoreError `INTEGRITY` when it sent something else.
 */
export function bodyPart(output: GetObjectCommandOutput, wanted: WantedRange): BodyPart {
  const { ContentLength: length } = output;
  const answered = answeredRange(output);
  const part = partOfAnswer(wanted, answered);
  return { ...part, length: length ?? answered.end - answered.start };
}

/** The bytes that an answer to a request for a part carries. */
export function answeredRange({
  ContentRange: header,
  ContentLength: length,
  $metadata,
}: GetObjectCommandOutput): AnsweredRange {
  const range = parseContentRange(header);
  if (range !== undefined && (length === undefined || length === range.end - range.start)) return range;
  if (header === undefined && $metadata.httpStatusCode === 200 && length !== undefined) {
    return { start: 0, end: length, total: length };
  }
  throw new StoreError("INTEGRITY", {
    detail: "the service does not say which bytes it sent",
    retryable: true,
  });
}

/** Compares a value with its ETag, where that is the MD5 of the value: stored by one request, and not encrypted by other keys. */
function verifyValue(output: GetObjectCommandOutput, value: Uint8Array, name: string): void {
  const { ETag: etag, SSECustomerAlgorithm: customer, ServerSideEncryption: encryption } = output;
  const digest = /^"([0-9a-f]{32})"$/.exec(etag ?? "")?.[1];
  if (digest === undefined || customer !== undefined || encryption?.startsWith("aws:kms") === true) return;
  if (createHash("md5").update(value).digest("hex") === digest) return;
  throw new StoreError("INTEGRITY", {
    key: name,
    detail: "the value is not the one that was stored: its MD5 is not its ETag",
    retryable: true,
  });
}
