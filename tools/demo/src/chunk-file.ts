import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { encodePath } from "./path-text.ts";

/** Files are cut every so many bytes: simple, and the same file gives the same chunks again. */
export const chunkSize: number = 1024 * 1024;

// Never through a link that took the file's place, and never waiting for the other end of a pipe that did.
// Windows has neither flag.
const readFlags =
  constants.O_RDONLY |
  ((constants.O_NOFOLLOW as number | undefined) ?? 0) |
  ((constants.O_NONBLOCK as number | undefined) ?? 0);

/** Opens a file for reading, by a path as `decodePath` makes it. A link is refused with `ELOOP`. */
export async function openForReading(path: string): Promise<FileHandle> {
  return await open(encodePath(path), readFlags);
}

/**
 * A file in pieces of {@link chunkSize} bytes, the last one shorter; an empty file has none. Each piece is a fresh
 * array that belongs to the caller. `expectedSize` only keeps small files from taking a whole piece's memory:
 * the file is read to its end as it is then.
 */
export async function* chunkFile(
  path: string,
  expectedSize: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await openForReading(path);
  try {
    // One byte more than expected, so that the end of an unchanged file is seen by the first short read.
    for (let left = expectedSize + 1; ; left -= chunkSize) {
      const wanted = left > 0 && left < chunkSize ? left : chunkSize;
      let piece = await fill(handle, Buffer.allocUnsafeSlow(wanted));
      if (piece.byteLength === wanted && wanted < chunkSize) {
        // It has grown meanwhile.
        const rest = await fill(handle, Buffer.allocUnsafeSlow(chunkSize - wanted));
        piece = Buffer.concat([piece, rest]);
      }
      if (piece.byteLength > 0) yield piece;
      if (piece.byteLength < chunkSize) return;
    }
  } finally {
    await handle.close();
  }
}

/** The bytes from `offset` on, fewer than `size` only at the end of the file. */
export async function loadRange(path: string, offset: number, size: number): Promise<Uint8Array> {
  const handle = await openForReading(path);
  try {
    return await fill(handle, Buffer.allocUnsafeSlow(size), offset);
  } finally {
    await handle.close();
  }
}

/**
 * Reads until the buffer is full or the file at its end, and returns the part that was read. Reads where the
 * handle stands, or from `position` on.
 */
export async function fill(handle: FileHandle, buffer: Buffer, position?: number): Promise<Buffer> {
  let length = 0;
  while (length < buffer.byteLength) {
    const at = position === undefined ? null : position + length;
    const { bytesRead } = await handle.read(buffer, length, buffer.byteLength - length, at);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** The name of a chunk: the SHA-256 of its bytes, in hex. */
export function chunkId(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
