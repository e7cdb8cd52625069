import type { PacketReader } from "./packet-reader.ts";
import { PacketWriter } from "./packet-writer.ts";
import { answerTypes, statusCodes } from "./protocol-numbers.ts";
import type { HandleTable } from "./handle-table.ts";
import type { ServerPaths } from "./server-paths.ts";
import type { SftpSettings } from "./sftp-settings.ts";

/** What a request is answered with: a status, or a packet of another type whose body follows the id. */
export type Answer = { readonly status: number } | { readonly type: number; readonly body: Buffer };

/** What the requests of one channel share. */
export interface RequestContext {
  readonly settings: SftpSettings;
  readonly handles: HandleTable;
  readonly paths: ServerPaths;
}

/** Carries out one request; the reader stands behind the id, or behind the name of an extended request. */
export type RequestHandler = (request: PacketReader, context: RequestContext) => Promise<Answer>;

/** Done, and nothing to say. */
export const okAnswer: Answer = { status: statusCodes.ok };

/** One name that stands for itself, as REALPATH and READLINK give it. */
export function oneName(name: string): Answer {
  const body = new PacketWriter().uint32(1).name(name).name(name).uint32(0).bytes();
  return { type: answerTypes.name, body };
}
