import { uninitializedBytes, type LoadOptions } from "@borgstore/core";
import * as fs from "node:fs";
import type { FileAccess } from "./file-access.ts";
import type { FileCalls } from "./file-calls.ts";
import { openForLoading, truncated } from "./load-file.ts";
import { discard, openTemp, publish } from "./store-file.ts";
import type { Tree } from "./tree.ts";

/** Size of the pieces that large values are read and written in. */
export const pieceBytes: number = 1024 * 1024;

/**
 * Closes a file without waiting for a turn: it must not stay open because there is none to be had.
 */
async function closeNow(fd: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    fs.close(fd, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

/**
 * Loads a value, or a part of it, in pieces. One piece is read ahead, on the thread pool unless it is small, while the
 * reader is at the one before; besides it nothing is held between the pieces but the open file.
 */
export async function* loadPieces(
  access: FileAccess,
  path: string,
  range: LoadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { fd, start, end } = await access.run((calls) => openForLoading(calls, path, range), range.signal);
  const readPiece = async (position: number): Promise<Uint8Array<ArrayBuffer>> => {
    const piece = uninitializedBytes(Math.min(pieceBytes, end - position));
    const read = async (calls: FileCalls): Promise<number> =>
      await calls.read(fd, piece, 0, piece.byteLength, position);
    const isSmall = piece.byteLength <= access.mode.largestSyncLoadBytes;
    const got = await (isSmall ? access.run(read) : access.runTransferring(read));
    if (got < piece.byteLength) throw truncated(end - start, position + got - start);
    return piece;
  };
  let ahead: Promise<Uint8Array<ArrayBuffer>> | undefined;
  try {
    for (let at = start; at < end;) {
      const piece = await (ahead ?? readPiece(at));
      at += piece.byteLength;
      ahead = at < end ? readPiece(at) : undefined;
      // It is told when its turn comes.
      ahead?.catch(() => undefined);
      yield piece;
    }
  } finally {
    // The file must not be closed under a read.
    await ahead?.catch(() => undefined);
    await closeNow(fd);
  }
}

/**
 * Stores a value that arrives in pieces and is larger than `first`, which is its beginning.
 *
 * @param rest what comes after `first`; each piece is read before the next is asked for
 */
export async function storePieces(
  access: FileAccess,
  tree: Tree,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  how: { readonly ifAbsent: boolean; readonly durably: boolean; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const temp = await access.run((calls) => openTemp(calls, tree, path));
  try {
    try {
      for await (const piece of pieces) {
        await access.run(async (calls) => await calls.write(temp.fd, piece));
      }
      if (how.durably) await access.runSyncing(async (calls) => await calls.fsync(temp.fd));
    } finally {
      await closeNow(temp.fd);
    }
    if (how.signal?.aborted === true) throw how.signal.reason;
    await access.run((calls) => publish(calls, temp.path, path, how.ifAbsent));
  } catch (error) {
    await access.run((calls) => discard(calls, temp.path));
    throw error;
  }
}
