import { attributeFlag } from "./packet-types.ts";
import type { PacketReader } from "./packet-reader.ts";
import type { PacketWriter } from "./packet-writer.ts";

/** What a file is; `"unknown"` when the server did not say. */
export type FileKind = "file" | "directory" | "link" | "other" | "unknown";

/** What a server tells of a file. */
export interface Attributes {
  readonly kind: FileKind;
  /** In bytes; `undefined` when the server did not say. */
  readonly size: number | undefined;
  /** In seconds since 1970, by the server's clock. */
  readonly accessedAt: number | undefined;
  readonly modifiedAt: number | undefined;
}

const kinds: Readonly<Record<number, FileKind>> = Object.freeze({
  0o10: "file",
  0o04: "directory",
  0o12: "link",
});

/** Reads the attributes that stand next in an answer (section 5 of the draft). */
export function readAttributes(reader: PacketReader): Attributes {
  const flags = reader.uint32();
  const size = (flags & attributeFlag.size) === 0 ? undefined : reader.uint64();
  if ((flags & attributeFlag.owner) !== 0) {
    reader.uint32();
    reader.uint32();
  }
  const mode = (flags & attributeFlag.permissions) === 0 ? undefined : reader.uint32();
  const hasTimes = (flags & attributeFlag.times) !== 0;
  const accessedAt = hasTimes ? reader.uint32() : undefined;
  const modifiedAt = hasTimes ? reader.uint32() : undefined;
  // The sign bit: compared with zero, not as a number.
  if ((flags & attributeFlag.extended) !== 0) {
    for (let count = reader.uint32(); count > 0; count--) {
      reader.bytes();
      reader.bytes();
    }
  }
  return { kind: kindOfMode(mode), size, accessedAt, modifiedAt };
}

function kindOfMode(mode: number | undefined): FileKind {
  // Some servers send permissions without the type of file.
  const type = mode === undefined ? 0 : (mode >>> 12) & 0o17;
  return type === 0 ? "unknown" : (kinds[type] ?? "other");
}

/** Attributes without any: the server's defaults hold. */
export function writeNoAttributes(writer: PacketWriter): PacketWriter {
  return writer.uint32(0);
}
