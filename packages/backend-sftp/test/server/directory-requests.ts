import type { Stats } from "node:fs";
import { lstat, mkdir, opendir, rmdir } from "node:fs/promises";
import { okAnswer, type RequestHandler } from "./answer.ts";
import { decodeAttributes, encodeAttributes } from "./attributes.ts";
import { handleAnswer } from "./file-requests.ts";
import type { OpenDirectory } from "./handle-table.ts";
import { longName } from "./long-name.ts";
import { PacketWriter } from "./packet-writer.ts";
import { answerTypes, statusCodes } from "./protocol-numbers.ts";
import { errnoOf, StatusError } from "./status-of-error.ts";

/** Requests on directories. */
export const directoryRequests: Readonly<Record<string, RequestHandler>> = {
  async opendir(request, { handles, paths }) {
    const name = request.name();
    handles.requireRoom();
    const directory = await opendir(paths.path(name), { encoding: "latin1", bufferSize: 128 });
    return handleAnswer(
      handles.add({ kind: "directory", path: paths.absolute(name), directory, dots: [".", ".."] }),
    );
  },

  async readdir(request, { settings, handles }) {
    const handle = handles.find(request.string());
    if (handle?.kind !== "directory") throw new StatusError(statusCodes.failure);
    const names = new PacketWriter();
    let count = 0;
    while (count < settings.readdirBatch) {
      const name = await nextName(handle);
      if (name === undefined) break;
      const stats = await statsOrGone(Buffer.from(`${handle.path}/${name}`, "latin1"));
      if (stats === undefined) continue;
      names.name(name).name(longName(name, stats));
      encodeAttributes(names, stats, !settings.omitPermissionsInReaddir);
      count += 1;
    }
    if (count === 0) return { status: statusCodes.eof };
    return { type: answerTypes.name, body: new PacketWriter().uint32(count).raw(names.bytes()).bytes() };
  },

  async mkdir(request, { paths }) {
    const path = paths.path(request.name());
    const { permissions = 0o777 } = decodeAttributes(request);
    await mkdir(path, permissions & 0o7777);
    return okAnswer;
  },

  async rmdir(request, { paths }) {
    await rmdir(paths.path(request.name()));
    return okAnswer;
  },
};

async function nextName(handle: OpenDirectory): Promise<string | undefined> {
  return handle.dots.shift() ?? (await handle.directory.read())?.name;
}

/** OpenSSH leaves out what it cannot look at, such as a file that was removed in the meantime. */
async function statsOrGone(path: Buffer): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
