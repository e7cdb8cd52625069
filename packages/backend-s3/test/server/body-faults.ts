import { Buffer } from "node:buffer";
import { wait } from "./real-timers.ts";

/** A body on its way. */
export type Pieces = AsyncIterable<Buffer>;

/** Passes each piece through `alter`, which is told where in the body it begins. */
export async function* altered(
  body: Pieces,
  alter: (piece: Buffer, offset: number) => Uint8Array,
): AsyncGenerator<Buffer> {
  let offset = 0;
  for await (const piece of body) {
    yield Buffer.from(alter(piece, offset));
    offset += piece.length;
  }
}

/** Inverts all bits of one byte. */
export function flipped(body: Pieces, at: number): Pieces {
  return altered(body, (piece, offset) => {
    const copy = Buffer.from(piece);
    const byte = copy[at - offset];
    if (byte !== undefined) copy[at - offset] = byte ^ 0xff;
    return copy;
  });
}

/** Small pieces with a pause in front of each. */
export async function* trickled(
  body: Pieces,
  bytes: number,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for await (const piece of body) {
    for (let start = 0; start < piece.length; start += bytes) {
      await wait(everyMs, signal);
      yield piece.subarray(start, start + bytes);
    }
  }
}

/** A body that is in memory. */
export async function* pieceOf(bytes: Buffer): AsyncGenerator<Buffer> {
  if (bytes.length > 0) yield bytes;
}
