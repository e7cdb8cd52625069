import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readEntries, readStatus, type DirectoryEntry } from "../../src/protocol/answers.ts";
import { readAttributes, writeNoAttributes, type FileKind } from "../../src/protocol/attributes.ts";
import { MalformedPacket, PacketReader } from "../../src/protocol/packet-reader.ts";
import { attributeFlag, packetType, status } from "../../src/protocol/packet-types.ts";
import { PacketWriter } from "../../src/protocol/packet-writer.ts";

/** The bytes of what was written, without length and type. */
function bodyOf(writer: PacketWriter): Buffer {
  return writer.finish().subarray(5);
}

function fields(): PacketWriter {
  return new PacketWriter(0, 0);
}

interface Written {
  readonly size?: number;
  readonly owner?: readonly [number, number];
  readonly mode?: number;
  readonly times?: readonly [number, number];
  readonly extended?: readonly (readonly [string, string])[];
}

function flagIf(value: unknown, flag: number): number {
  return value === undefined ? 0 : flag;
}

function writeAttributes(writer: PacketWriter, written: Written): PacketWriter {
  const { size, owner, mode, times, extended } = written;
  writer.uint32(
    flagIf(size, attributeFlag.size) +
      flagIf(owner, attributeFlag.owner) +
      flagIf(mode, attributeFlag.permissions) +
      flagIf(times, attributeFlag.times) +
      flagIf(extended, attributeFlag.extended),
  );
  if (size !== undefined) writer.uint64(size);
  for (const value of [...(owner ?? []), ...(mode === undefined ? [] : [mode]), ...(times ?? [])]) {
    writer.uint32(value);
  }
  if (extended !== undefined) writer.uint32(extended.length);
  for (const [name, value] of extended ?? []) writer.text(name).text(value);
  return writer;
}

const seconds = fc.integer({ min: 0, max: 0xffff_ffff });

describe("attributes", () => {
  test("are read in whatever combination they come, and nothing after them is", () => {
    const anything = fc.record(
      {
        size: fc.maxSafeNat(),
        owner: fc.tuple(seconds, seconds),
        mode: fc.constant(0o100644),
        times: fc.tuple(seconds, seconds),
        extended: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 4 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anything, (written) => {
        const reader = new PacketReader(bodyOf(writeAttributes(fields(), written).text("next")));
        expect(readAttributes(reader)).toEqual({
          kind: written.mode === undefined ? "unknown" : "file",
          size: written.size,
          accessedAt: written.times?.[0],
          modifiedAt: written.times?.[1],
        });
        expect(reader.text()).toBe("next");
      }),
    );
  });

  test.each<[name: string, mode: number, kind: FileKind]>([
    ["a file", 0o100644, "file"],
    ["a directory", 0o040755, "directory"],
    ["a link", 0o120777, "link"],
    ["a pipe", 0o010644, "other"],
    ["a socket", 0o140755, "other"],
    ["a character device", 0o020666, "other"],
    ["a block device", 0o060660, "other"],
    ["a file with set-uid and sticky bits", 0o107777, "file"],
    ["permissions without a type", 0o644, "unknown"],
    ["a mode with bits above those of a type", 0xffff_0000 + 0o100644, "file"],
  ])("tell the kind by the mode: %s", (_name, mode, kind) => {
    expect(readAttributes(new PacketReader(bodyOf(writeAttributes(fields(), { mode })))).kind).toBe(kind);
  });

  test("without any are four bytes", () => {
    expect(bodyOf(writeNoAttributes(fields())).toString("hex")).toBe("00000000");
  });

  test.each<Written>([
    { size: 1 },
    { owner: [1, 2] },
    { mode: 1 },
    { times: [1, 2] },
    { extended: [["a", "b"]] },
  ])("%j cut off are malformed", (written) => {
    const body = bodyOf(writeAttributes(fields(), written));
    expect(() => readAttributes(new PacketReader(body.subarray(0, -1)))).toThrow(MalformedPacket);
  });

  test("with a lie about how many extended ones follow are malformed, and soon", () => {
    const body = bodyOf(fields().uint32(attributeFlag.extended).uint32(0xffff_ffff));
    expect(() => readAttributes(new PacketReader(body))).toThrow(MalformedPacket);
  });
});

function read(
  ...entries: readonly (readonly [name: string, longName: string, written: Written])[]
): DirectoryEntry[] {
  const writer = fields().uint32(entries.length);
  for (const [name, longName, written] of entries) writeAttributes(writer.text(name).text(longName), written);
  return readEntries({ type: packetType.name, fields: new PacketReader(bodyOf(writer)) }, "readdir") ?? [];
}

describe("entries of a directory", () => {
  test("have names and attributes", () => {
    expect(
      read(["a", "", { size: 5, mode: 0o100644, times: [1, 2] }], ["ä", "", { mode: 0o040755 }]),
    ).toEqual([
      { name: "a", kind: "file", size: 5, accessedAt: 1, modifiedAt: 2 },
      { name: "ä", kind: "directory", size: undefined, accessedAt: undefined, modifiedAt: undefined },
    ]);
  });

  test.each<[longName: string, kind: FileKind]>([
    ["-rw-r--r--    1 me       me           1000 Jan  1 00:00 a", "file"],
    ["drwxr-xr-x    2 me       me           4096 Jan  1 00:00 a", "directory"],
    ["lrwxrwxrwx    1 me       me              1 Jan  1 00:00 a", "link"],
    ["prw-r--r--    1 me       me              0 Jan  1 00:00 a", "unknown"],
    ["-rw-r--r--+   1 me       me              0 Jan  1 00:00 a", "unknown"],
    ["01-01-26  00:00AM       <DIR>          d", "unknown"],
    ["d", "unknown"],
    ["", "unknown"],
  ])("of servers without permissions have the kind of %j", (longName, kind) => {
    expect(read(["a", longName, { size: 5 }])[0]?.kind).toBe(kind);
  });

  test("are believed by their permissions first", () => {
    expect(read(["a", "drwxr-xr-x    2 me me 0 Jan  1 00:00 a", { mode: 0o100644 }])[0]?.kind).toBe("file");
  });

  test("that are fewer than is said are malformed", () => {
    const body = bodyOf(fields().uint32(2).text("a").text("").uint32(0));
    const answer = { type: packetType.name, fields: new PacketReader(body) };
    expect(() => readEntries(answer, "readdir")).toThrow(MalformedPacket);
  });

  test("may be none", () => {
    expect(read()).toEqual([]);
  });
});

function statusAnswer(body: Buffer): { readonly type: number; readonly fields: PacketReader } {
  return { type: packetType.status, fields: new PacketReader(body) };
}

describe("a status", () => {
  test("that is ok is no failure, with or without a text", () => {
    expect(() => readStatus(statusAnswer(bodyOf(fields().uint32(status.ok))), "close")).not.toThrow();
    const withText = bodyOf(fields().uint32(status.ok).text("Success").text(""));
    expect(() => readStatus(statusAnswer(withText), "close")).not.toThrow();
  });

  test("may come without a text, as some servers send it", () => {
    const body = bodyOf(fields().uint32(status.noSuchFile));
    expect(() => readStatus(statusAnswer(body), "remove")).toThrow(
      expect.objectContaining({ status: 2, request: "remove" }),
    );
  });

  test("without a code is malformed", () => {
    expect(() => readStatus(statusAnswer(Buffer.alloc(0)), "remove")).toThrow(MalformedPacket);
  });

  test("is not something else", () => {
    const answer = { type: packetType.handle, fields: new PacketReader(bodyOf(fields().text("h"))) };
    expect(() => readStatus(answer, "remove")).toThrow(/remove was answered with a packet of type 102/);
  });
});
