import { statfs } from "node:fs/promises";
import type { Answer, RequestHandler } from "./answer.ts";
import { PacketWriter } from "./packet-writer.ts";
import { answerTypes } from "./protocol-numbers.ts";
import type { SftpSettings } from "./sftp-settings.ts";

/** Extended requests that ask about the server and its file systems. */
export const serverRequests: Readonly<Record<string, RequestHandler>> = {
  async "extended:statvfs@openssh.com"(request, { settings, paths }) {
    return await fileSystemAnswer(paths.path(request.name()), settings);
  },

  /** By path, because Node cannot ask by descriptor. */
  async "extended:fstatvfs@openssh.com"(request, { settings, handles }) {
    const { path } = handles.file(request.string());
    return await fileSystemAnswer(Buffer.from(path, "latin1"), settings);
  },

  async "extended:limits@openssh.com"(_request, { settings }) {
    const body = new PacketWriter()
      .uint64(BigInt(settings.maxPacketBytes))
      .uint64(BigInt(settings.maxReadBytes))
      .uint64(BigInt(settings.maxWriteBytes))
      .uint64(BigInt(settings.maxOpenHandles))
      .bytes();
    return { type: answerTypes.extendedReply, body };
  },
};

/** Node does not tell fragment size, id, flags and longest name; usual values stand in for them. */
async function fileSystemAnswer(path: Buffer, settings: SftpSettings): Promise<Answer> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path, { bigint: true });
  const played = settings.statvfsFreeBlocks();
  const free = played === undefined ? undefined : BigInt(played);
  const body = new PacketWriter()
    .uint64(bsize)
    .uint64(bsize)
    .uint64(blocks)
    .uint64(free ?? bfree)
    .uint64(free ?? bavail)
    .uint64(files)
    .uint64(ffree)
    .uint64(ffree)
    .uint64(0n)
    .uint64(0n)
    .uint64(255n)
    .bytes();
  return { type: answerTypes.extendedReply, body };
}
