import type { Stats } from "node:fs";
import {
  chmod,
  chown,
  link,
  lstat,
  readlink,
  rename,
  stat,
  symlink,
  truncate,
  unlink,
  utimes,
} from "node:fs/promises";
import { type Answer, okAnswer, oneName, type RequestHandler } from "./answer.ts";
import { decodeAttributes, encodeAttributes } from "./attributes.ts";
import { changeAttributes } from "./change-attributes.ts";
import { PacketWriter } from "./packet-writer.ts";
import { plainRename } from "./plain-rename.ts";
import { answerTypes } from "./protocol-numbers.ts";

/** Requests on names. */
export const pathRequests: Readonly<Record<string, RequestHandler>> = {
  async lstat(request, { paths }) {
    return attributesAnswer(await lstat(paths.path(request.name())));
  },

  async stat(request, { paths }) {
    return attributesAnswer(await stat(paths.path(request.name())));
  },

  async setstat(request, { paths }) {
    const path = paths.path(request.name());
    return await changeAttributes(decodeAttributes(request), {
      truncate: (bytes) => truncate(path, bytes),
      chmod: (mode) => chmod(path, mode),
      utimes: (accessedS, modifiedS) => utimes(path, accessedS, modifiedS),
      chown: (uid, gid) => chown(path, uid, gid),
    });
  },

  async remove(request, { paths }) {
    await unlink(paths.path(request.name()));
    return okAnswer;
  },

  async realpath(request, { paths }) {
    return oneName(await paths.resolve(request.name()));
  },

  async readlink(request, { paths }) {
    return oneName(await readlink(paths.path(request.name()), "latin1"));
  },

  /** The draft has the link first; OpenSSH, and all that talk to it, have the target first. */
  async symlink(request, { paths }) {
    const target = Buffer.from(request.name(), "latin1");
    await symlink(target, paths.path(request.name()));
    return okAnswer;
  },

  async rename(request, { settings, paths }) {
    const from = paths.path(request.name());
    const to = paths.path(request.name());
    if (!settings.plainRenameReplaces) return await plainRename(from, to);
    await rename(from, to);
    return okAnswer;
  },

  async "extended:posix-rename@openssh.com"(request, { paths }) {
    const from = paths.path(request.name());
    await rename(from, paths.path(request.name()));
    return okAnswer;
  },

  async "extended:hardlink@openssh.com"(request, { paths }) {
    const from = paths.path(request.name());
    await link(from, paths.path(request.name()));
    return okAnswer;
  },
};

function attributesAnswer(stats: Stats): Answer {
  return { type: answerTypes.attributes, body: encodeAttributes(new PacketWriter(), stats).bytes() };
}
