import {
  bodyPieces,
  clampRange,
  rangeHeader,
  StoreError,
  throwIfAborted,
  wantedRange,
  wrongLength,
  type Exchange,
  type LoadOptions,
  type WantedRange,
  callSignal,
} from "@borgstore/core";
import type { Bucket, PartRequest } from "./bucket.ts";
import { isPreconditionFailed, isRangeUnsatisfiable } from "./classify.ts";
import { answeredRange, bodyPart, getOrMissing, lengthOf } from "./load-file.ts";
import { bodyError, bodyOf } from "./read-body.ts";
import { attempts } from "./repeated.ts";
import type { Target } from "./store-file.ts";

/** What of a value is still to come. */
interface Position {
  /** Of the next byte, from the start of the value. */
  at: number;
  /** Up to this one. */
  end: number;
  /** Of the object that the first bytes were of. */
  etag: string | undefined;
}

/**
 * Loads a value or a part of it in pieces of up to 256 KiB. When the line fails after the first piece, it goes on where
 * it stopped, if the object is still the same.
 *
 * @throws StoreError `INTEGRITY` when the object was replaced before the rest could be loaded.
 */
export async function* loadPieces(
  bucket: Bucket,
  target: Target,
  options: LoadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const signal = callSignal(options);
  const wanted = wantedRange(options);
  let position: Position | undefined;
  if (wanted !== undefined && (wanted.size === 0 || rangeHeader(wanted) === undefined)) {
    const { length, etag } = await lengthOf(bucket, target, signal);
    const { start, end } = clampRange(length, wanted.offset, wanted.size);
    position = { at: start, end, etag };
  }
  const tries = attempts(signal);
  while (position === undefined || position.at < position.end) {
    const exchange: Exchange = await bucket.requests.begin({ signal, name: target.name });
    try {
      const opened = await exchange.race(openAt(bucket, exchange, target, wanted, position));
      if (opened === undefined) return;
      // Not every service heeds If-Match.
      if (position !== undefined && opened.position.etag !== position.etag) {
        opened.body.destroy();
        throw changed(target.name, undefined);
      }
      position ??= opened.position;
      for await (const piece of readPieces(exchange, opened, position)) {
        tries.progress();
        yield piece;
      }
      return;
    } catch (error) {
      const explained = exchange.explain(error instanceof Error ? bodyError(error) : error);
      throwIfAborted(signal);
      // Nothing was delivered yet, so whoever made the call can repeat it; or nobody can tell what the rest is of.
      if (position === undefined || position.etag === undefined || position.end === Infinity) throw explained;
      // Its slot is for others while this waits.
      exchange.end();
      if (!(await tries.again(explained))) throw explained;
    } finally {
      exchange.end();
    }
  }
}

interface Opened {
  readonly body: ReturnType<typeof bodyOf>;
  readonly skip: number;
  readonly position: Position;
}

/** Asks for what is still to come; `undefined` when there is nothing at that place. */
async function openAt(
  bucket: Bucket,
  exchange: Exchange,
  target: Target,
  wanted: WantedRange | undefined,
  position: Position | undefined,
): Promise<Opened | undefined> {
  const rest = position === undefined ? wanted : { offset: position.at, size: position.end - position.at };
  const range = rest === undefined ? undefined : rangeHeader(rest);
  try {
    return await openPart(bucket, exchange, target, rest, { range, ifMatch: position?.etag });
  } catch (error) {
    if (position !== undefined) {
      const isOther = isPreconditionFailed(error) || StoreError.is(error, "NOT_FOUND");
      throw isOther ? changed(target.name, error) : error;
    }
    if (!isRangeUnsatisfiable(error)) throw error;
    // Past the end there is nothing. A tail that is longer than the value, which some refuse, is all of it.
    if (wanted === undefined || wanted.offset >= 0) return undefined;
    return await openPart(bucket, exchange, target, wanted, {});
  }
}

async function openPart(
  bucket: Bucket,
  exchange: Exchange,
  target: Target,
  wanted: WantedRange | undefined,
  request: PartRequest,
): Promise<Opened> {
  const output = await getOrMissing(bucket, exchange, target, request);
  const body = bodyOf(output, exchange);
  try {
    const etag = output.ETag;
    if (wanted === undefined)
      return { body, skip: 0, position: { at: 0, end: output.ContentLength ?? Infinity, etag } };
    const { skip, take } = bodyPart(output, wanted);
    const at = answeredRange(output).start + skip;
    return { body, skip, position: { at, end: at + take, etag } };
  } catch (error) {
    body.destroy();
    throw error;
  }
}

/** Reads a body in pieces, and moves the position on. */
async function* readPieces(
  exchange: Exchange,
  { body, skip }: Opened,
  position: Position,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for await (const piece of bodyPieces(body, { skip, take: position.end - position.at }, exchange)) {
    position.at += piece.byteLength;
    yield piece;
  }
  if (position.end === Infinity) position.end = position.at;
  if (position.at < position.end) throw wrongLength(position.at, position.end);
}

function changed(name: string, cause: unknown): StoreError {
  return new StoreError("INTEGRITY", {
    key: name,
    detail: "the object was replaced or deleted while it was being read",
    cause,
  });
}
