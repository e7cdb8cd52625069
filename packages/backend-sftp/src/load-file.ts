import {
  clampRange,
  StoreError,
  throwIfAborted,
  type LoadOptions,
  callSignal,
  type CallSignal,
} from "@borgstore/core";
import { isMissing } from "./classify.ts";
import { withHandle } from "./open-files.ts";
import { Pipeline } from "./pipeline.ts";
import type { Handle } from "./protocol/answers.ts";
import type { Attributes } from "./protocol/attributes.ts";
import { openFlag } from "./protocol/packet-types.ts";
import type { Session } from "./session.ts";

/** A file that is open for reading, and what its name stood for at about that moment. */
export interface OpenFile {
  readonly handle: Handle;
  /** In bytes, as the name had it; the file may have been replaced since. */
  readonly sizeHint: number;
}

/**
 * Opens a file for reading. What the name stands for is asked for in the same round trip: opening follows links, and
 * opens directories too.
 */
export async function openForLoading(session: Session, path: string): Promise<OpenFile> {
  const { client } = session;
  const [found, opened] = await Promise.allSettled([client.lstat(path), client.open(path, openFlag.read)]);
  try {
    if (found.status === "fulfilled") mustBeFile(found.value);
    // Stored just now, between the two requests: then opening has found it.
    else if (!isMissing(found.reason) || opened.status === "rejected") throw found.reason;
    if (opened.status === "rejected") throw opened.reason;
  } catch (error) {
    // Only ours to close when it is there; nobody is left to be told how that ends.
    if (opened.status === "fulfilled") client.close(opened.value).catch(() => undefined);
    throw error;
  }
  const sizeHint = found.status === "fulfilled" ? (found.value.size ?? 0) : 0;
  return { handle: opened.value, sizeHint };
}

/** @throws StoreError unless it is a file; an unknown kind may be one. */
export function mustBeFile({ kind }: Attributes): void {
  if (kind === "directory") throw new StoreError("IS_DIRECTORY");
  if (kind === "link" || kind === "other") {
    throw new StoreError("NOT_FOUND", { detail: "what has this name is neither a file nor a directory" });
  }
}

/**
 * Loads a value, or a part of it, in two round trips unless it is large: the second one asks for the size and, at once,
 * for all that the value had a moment ago.
 */
export async function loadFile(
  session: Session,
  path: string,
  range: LoadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const signal = callSignal(range);
  return await withHandle(session, signal, async (close) => {
    const { handle, sizeHint } = await openForLoading(session, path);
    try {
      throwIfAborted(signal);
      const [asked, hoped] = await Promise.allSettled([
        session.client.fstat(handle),
        readPart(session, handle, sizeHint, range),
      ]);
      if (asked.status === "rejected") throw asked.reason;
      mustBeFile(asked.value);
      const size = sizeOf(asked.value);
      if (size === sizeHint) {
        if (hoped.status === "rejected") throw hoped.reason;
        return hoped.value;
      }
      // Replaced between looking and opening.
      return await readPart(session, handle, size, range);
    } finally {
      close(handle);
    }
  });
}

/** @throws StoreError `UNSUPPORTED` when the server does not tell. */
export function sizeOf({ size }: Attributes): number {
  if (size !== undefined) return size;
  throw new StoreError("UNSUPPORTED", { detail: "the server does not tell how large files are" });
}

async function readPart(
  session: Session,
  handle: Handle,
  length: number,
  range: LoadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { start, end } = clampRange(length, range.offset, range.size);
  const value = new Uint8Array(end - start);
  await readInto(session, handle, start, value, callSignal(range));
  return value;
}

/**
 * Fills `target` from a position on, several requests in flight.
 *
 * @throws StoreError `INTEGRITY`, retryable, when the file ends before.
 */
export async function readInto(
  session: Session,
  handle: Handle,
  position: number,
  target: Uint8Array,
  signal: CallSignal | undefined,
): Promise<void> {
  const pipeline = new Pipeline(session, signal);
  const { maxReadBytes } = session.features;
  try {
    for (let at = 0; at < target.byteLength; at += maxReadBytes) {
      const part = target.subarray(at, at + maxReadBytes);
      const room = pipeline.reserve(part.byteLength);
      if (room !== undefined) await room;
      pipeline.add(part.byteLength, readFully(session, handle, position + at, part));
    }
  } finally {
    // What is in flight writes into the target: that must not go on when this has settled.
    await pipeline.finish();
  }
}

/** Reads until the part is full: a server may send less than was asked for. */
async function readFully(
  session: Session,
  handle: Handle,
  position: number,
  part: Uint8Array,
): Promise<void> {
  for (let at = 0; at < part.byteLength;) {
    const got = await session.client.read(handle, position + at, at === 0 ? part : part.subarray(at));
    if (got === 0) {
      throw new StoreError("INTEGRITY", {
        detail: `the file ended ${part.byteLength - at} bytes before its end`,
        retryable: true,
      });
    }
    at += got;
  }
}
