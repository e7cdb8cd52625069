import type { ByteSource } from "./options.ts";

/**
 * Joins small pieces to larger ones, for media where each write costs; one that is as large already goes through as it
 * is. For authors of backends with streams of their own.
 *
 * @param byteCount length of the joined pieces in bytes, from 1; the last one may be shorter
 * @returns pieces that are only good until the next one is asked for: they share one buffer
 */
export async function* joinPieces(
  source: ByteSource,
  byteCount: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(byteCount);
  let filled = 0;
  for await (const piece of source) {
    if (filled === 0 && piece.byteLength >= byteCount) {
      yield piece;
      continue;
    }
    for (let at = 0; at < piece.byteLength;) {
      const part = piece.subarray(at, at + byteCount - filled);
      buffer.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled === byteCount) {
        yield buffer;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}
