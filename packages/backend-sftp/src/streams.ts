import {
  callSignal,
  clampRange,
  joinPieces,
  throwIfAborted,
  type ByteSource,
  type LoadOptions,
} from "@borgstore/core";
import { mustBeFile, openForLoading, readInto, sizeOf } from "./load-file.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Handle } from "./protocol/answers.ts";
import type { Session } from "./session.ts";

/** Size of the pieces that values are read in, unless less can be read at once. */
const pieceBytes = 255 * 1024;
/** Pieces that are asked for before the reader wants them: fills 25 MiB/s at 40 ms. */
const piecesAhead = 4;

/** Loads a value, or a part of it, in pieces. A few are asked for ahead. */
export async function* loadPieces(
  session: Session,
  path: string,
  range: LoadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const signal = callSignal(range);
  if (!session.handles.reading.tryAcquire()) await session.handles.reading.acquire(signal);
  const ahead: Promise<Uint8Array<ArrayBuffer>>[] = [];
  let handle: Handle | undefined;
  try {
    const file = await openForLoading(session, path);
    const opened = file.handle;
    handle = opened;
    let { start: next, end } = clampRange(file.sizeHint, range.offset, range.size);
    const readAhead = (): void => {
      while (next < end && ahead.length < piecesAhead) {
        const piece = new Uint8Array(Math.min(pieceBytes, end - next));
        const reading = readInto(session, opened, next, piece, signal).then(() => piece);
        // It may fail before its turn comes.
        reading.catch(() => undefined);
        ahead.push(reading);
        next += piece.byteLength;
      }
    };
    // In flight together: mostly the size is what it was a moment ago.
    const asking = session.client.fstat(opened);
    readAhead();
    const attributes = await asking;
    mustBeFile(attributes);
    if (sizeOf(attributes) !== file.sizeHint) {
      // Replaced between looking and opening.
      await Promise.allSettled(ahead.splice(0));
      ({ start: next, end } = clampRange(sizeOf(attributes), range.offset, range.size));
    }
    for (readAhead(); ahead.length > 0; readAhead()) {
      const piece = await ahead[0];
      void ahead.shift();
      if (piece !== undefined) yield piece;
      throwIfAborted(signal);
    }
  } finally {
    await Promise.allSettled(ahead);
    const closing = handle === undefined ? undefined : session.client.close(handle).catch(() => undefined);
    void Promise.resolve(closing).then(() => session.handles.reading.release());
  }
}

/**
 * Writes a value that arrives in pieces from the beginning of a file, several writes in flight: they are when this
 * resolves. The source is asked for its next piece as soon as the one before has been copied.
 */
export async function sendPieces(
  session: Session,
  pipeline: Pipeline,
  handle: Handle,
  source: ByteSource,
): Promise<void> {
  let position = 0;
  for await (const piece of joinPieces(source, session.features.maxWriteBytes)) {
    const sending = sendPiece(session, pipeline, handle, position, piece, false);
    if (sending !== undefined) await sending;
    position += piece.byteLength;
  }
}

/**
 * Sends one piece in as many writes as it takes.
 *
 * @param stable whether it stays as it is until the pipeline has finished; else it is copied
 * @returns `undefined` when all is sent, else what resolves when it is
 */
export function sendPiece(
  session: Session,
  pipeline: Pipeline,
  handle: Handle,
  position: number,
  piece: Uint8Array,
  stable: boolean,
): Promise<void> | undefined {
  const { maxWriteBytes } = session.features;
  for (let at = 0; at < piece.byteLength; at += maxWriteBytes) {
    const part = piece.subarray(at, at + maxWriteBytes);
    const room = pipeline.reserve(part.byteLength);
    if (room !== undefined)
      return sendRest(session, pipeline, handle, position + at, piece.subarray(at), stable, room);
    pipeline.add(part.byteLength, session.client.write(handle, position + at, part, stable));
  }
  return undefined;
}

async function sendRest(
  session: Session,
  pipeline: Pipeline,
  handle: Handle,
  position: number,
  rest: Uint8Array,
  stable: boolean,
  room: Promise<void>,
): Promise<void> {
  await room;
  const part = rest.subarray(0, session.features.maxWriteBytes);
  pipeline.add(part.byteLength, session.client.write(handle, position, part, stable));
  const after = rest.subarray(part.byteLength);
  const sending = sendPiece(session, pipeline, handle, position + part.byteLength, after, stable);
  if (sending !== undefined) await sending;
}
