import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import type { Answer, RequestHandler } from "./answer.ts";
import type { PacketReader } from "./packet-reader.ts";
import { PacketWriter } from "./packet-writer.ts";
import { answerTypes, statusCodes } from "./protocol-numbers.ts";
import { StatusError } from "./status-of-error.ts";

const algorithms: ReadonlySet<string> = new Set(["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]);

/** "Invalid parameter" of later versions, which ProFTPD sends in version 3 too. */
const invalidParameter = 23;

const minBlockBytes = 256;

/**
 * Hashes of files (draft-ietf-secsh-filexfer-extensions-00, section 3), as ProFTPD's mod_sftp answers them: the name of
 * the algorithm, then the bare hashes. Like it, this refuses to hash from the end of a file on, so also an empty file.
 */
export const checkFileRequests: Readonly<Record<string, RequestHandler>> = {
  async "extended:check-file-handle"(request, { handles }) {
    const { file, readable } = handles.file(request.string());
    if (!readable) throw new StatusError(statusCodes.permissionDenied);
    return await hashes(file, request);
  },

  async "extended:check-file-name"(request, { paths }) {
    const file = await open(paths.path(request.name()), "r");
    try {
      return await hashes(file, request);
    } finally {
      await file.close();
    }
  },
};

async function hashes(file: FileHandle, request: PacketReader): Promise<Answer> {
  const algorithm = request
    .name()
    .split(",")
    .find((name) => algorithms.has(name));
  const start = request.uint64();
  const length = request.uint64();
  const blockBytes = request.uint32();
  const stats = await file.stat();
  if (stats.isDirectory()) throw new StatusError(statusCodes.failure);
  const isTooSmall = blockBytes !== 0 && blockBytes < minBlockBytes;
  if (algorithm === undefined || isTooSmall || start >= BigInt(stats.size)) {
    throw new StatusError(invalidParameter);
  }
  const first = Number(start);
  const end = length === 0n ? stats.size : Math.min(stats.size, first + Number(length));
  const body = new PacketWriter().name(algorithm);
  const step = blockBytes === 0 ? end - first : blockBytes;
  for (let at = first; at < end; at += step) {
    body.raw(await hashRange(file, algorithm, at, Math.min(end, at + step)));
  }
  return { type: answerTypes.extendedReply, body: body.bytes() };
}

async function hashRange(file: FileHandle, algorithm: string, start: number, end: number): Promise<Buffer> {
  const hash = createHash(algorithm);
  const buffer = Buffer.allocUnsafe(Math.min(end - start, 1024 * 1024));
  for (let at = start; at < end;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest();
}
