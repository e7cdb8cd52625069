import type { Stats } from "node:fs";
import type { PacketReader } from "./packet-reader.ts";
import type { PacketWriter } from "./packet-writer.ts";
import { attributeFlags } from "./protocol-numbers.ts";

/** What a client wants a file to be. */
export interface Attributes {
  readonly sizeBytes?: bigint;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly permissions?: number;
  readonly timesS?: { readonly accessed: number; readonly modified: number };
}

/** Reads the attributes of SETSTAT, OPEN and others. */
export function decodeAttributes(reader: PacketReader): Attributes {
  const flags = reader.uint32();
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const attributes: Attributes = {
    ...(has(attributeFlags.size) && { sizeBytes: reader.uint64() }),
    ...(has(attributeFlags.owner) && { owner: { uid: reader.uint32(), gid: reader.uint32() } }),
    ...(has(attributeFlags.permissions) && { permissions: reader.uint32() }),
    ...(has(attributeFlags.times) && { timesS: { accessed: reader.uint32(), modified: reader.uint32() } }),
  };
  if (has(attributeFlags.extended)) {
    for (let pairs = reader.uint32(); pairs > 0; pairs -= 1) {
      reader.string();
      reader.string();
    }
  }
  return attributes;
}

/** Writes all attributes of a file, or all but its permissions, which also tell its kind. */
export function encodeAttributes(writer: PacketWriter, stats: Stats, withPermissions = true): PacketWriter {
  const { size, owner, permissions, times } = attributeFlags;
  writer
    .uint32(size | owner | times | (withPermissions ? permissions : 0))
    .uint64(BigInt(stats.size))
    .uint32(stats.uid)
    .uint32(stats.gid);
  if (withPermissions) writer.uint32(stats.mode);
  return writer.uint32(secondsOf(stats.atimeMs)).uint32(secondsOf(stats.mtimeMs));
}

function secondsOf(timeMs: number): number {
  return Math.floor(timeMs / 1000) >>> 0;
}
