import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { type Answer, okAnswer, type RequestHandler } from "./answer.ts";
import { decodeAttributes, encodeAttributes } from "./attributes.ts";
import { changeAttributes } from "./change-attributes.ts";
import { fileOffset } from "./file-offset.ts";
import { PacketWriter } from "./packet-writer.ts";
import { answerTypes, openFlags, statusCodes } from "./protocol-numbers.ts";

/** Requests on open files, and the one that opens them. */
export const fileRequests: Readonly<Record<string, RequestHandler>> = {
  async open(request, { settings, handles, paths }) {
    const name = request.name();
    const flags = request.uint32();
    const { permissions = 0o666 } = decodeAttributes(request);
    handles.requireRoom();
    const systemFlags = systemFlagsOf(settings.exclusiveOpenReplaces ? flags & ~openFlags.exclusive : flags);
    const file = await open(paths.path(name), systemFlags, permissions);
    const appends = (flags & openFlags.append) !== 0;
    const readable = (flags & openFlags.read) !== 0 || (flags & openFlags.write) === 0;
    return handleAnswer(handles.add({ kind: "file", path: paths.absolute(name), file, appends, readable }));
  },

  async close(request, { handles }) {
    await handles.close(request.string());
    return okAnswer;
  },

  async read(request, { settings, handles }) {
    const { file } = handles.file(request.string());
    const offset = fileOffset(request.uint64());
    const length = Math.min(request.uint32(), settings.maxReadBytes);
    const data = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(data, 0, length, offset);
    // Reading nothing is answered with nothing even at the end, as OpenSSH does.
    if (bytesRead === 0 && length > 0) return { status: statusCodes.eof };
    return { type: answerTypes.data, body: new PacketWriter().string(data.subarray(0, bytesRead)).bytes() };
  },

  async write(request, { settings, handles }) {
    const { file, appends } = handles.file(request.string());
    const offset = request.uint64();
    const data = request.string();
    if (data.length > settings.maxAcceptedWriteBytes) return { status: statusCodes.failure };
    const position = appends ? null : fileOffset(offset);
    const { bytesWritten } = await file.write(data, 0, data.length, position);
    return bytesWritten === data.length ? okAnswer : { status: statusCodes.failure };
  },

  async fstat(request, { handles }) {
    const { file } = handles.file(request.string());
    const body = encodeAttributes(new PacketWriter(), await file.stat()).bytes();
    return { type: answerTypes.attributes, body };
  },

  async fsetstat(request, { handles }) {
    const { file } = handles.file(request.string());
    return await changeAttributes(decodeAttributes(request), {
      truncate: (bytes) => file.truncate(bytes),
      chmod: (mode) => file.chmod(mode),
      utimes: (accessedS, modifiedS) => file.utimes(accessedS, modifiedS),
      chown: (uid, gid) => file.chown(uid, gid),
    });
  },

  async "extended:fsync@openssh.com"(request, { handles }) {
    const { file } = handles.file(request.string(), statusCodes.noSuchFile);
    await file.sync();
    return okAnswer;
  },
};

/** The answer to OPEN and OPENDIR. */
export function handleAnswer(handle: Buffer): Answer {
  return { type: answerTypes.handle, body: new PacketWriter().string(handle).bytes() };
}

function systemFlagsOf(flags: number): number {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const writing = has(openFlags.read) ? constants.O_RDWR : constants.O_WRONLY;
  return (
    (has(openFlags.write) ? writing : constants.O_RDONLY) |
    (has(openFlags.append) ? constants.O_APPEND : 0) |
    (has(openFlags.create) ? constants.O_CREAT : 0) |
    (has(openFlags.truncate) ? constants.O_TRUNC : 0) |
    (has(openFlags.exclusive) ? constants.O_EXCL : 0)
  );
}
