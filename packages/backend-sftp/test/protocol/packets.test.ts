import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedPacket, PacketReader } from "../../src/protocol/packet-reader.ts";
import { PacketWriter } from "../../src/protocol/packet-writer.ts";

/** Reads what was written, from its type on, after a check of its length. */
function readerOf(packet: Buffer): PacketReader {
  const length = packet.readUInt32BE(0);
  expect(length).toBe(packet.byteLength - 4);
  return new PacketReader(packet.subarray(4));
}

const field = fc.oneof(
  fc.record({ kind: fc.constant("uint8" as const), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant("uint32" as const), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constant("uint64" as const), value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant("text" as const), value: fc.string({ unit: "grapheme", maxLength: 80 }) }),
  fc.record({ kind: fc.constant("bytes" as const), value: fc.uint8Array({ maxLength: 300 }) }),
);

test("whatever is written is read again, in whatever room it began", () => {
  fc.assert(
    fc.property(fc.array(field), fc.nat(400), (fields, room) => {
      const writer = new PacketWriter(7, room);
      for (const { kind, value } of fields) {
        if (kind === "text") writer.text(value);
        else if (kind === "bytes") writer.bytes(value);
        else writer[kind](value);
      }
      const reader = readerOf(writer.finish());
      expect(reader.uint8()).toBe(7);
      const found = fields.map(({ kind }) => (kind === "bytes" ? [...reader.bytes()] : reader[kind]()));
      expect(found).toEqual(fields.map(({ kind, value }) => (kind === "bytes" ? [...value] : value)));
      expect(reader.remaining).toBe(0);
    }),
  );
});

describe("numbers of 64 bits", () => {
  test.each([
    [0, "0000000000000000"],
    [255 * 1024, "000000000003fc00"],
    [2 ** 31, "0000000080000000"],
    [2 ** 32 - 1, "00000000ffffffff"],
    [2 ** 32, "0000000100000000"],
    [5 * 2 ** 40 + 17, "0000050000000011"],
    [Number.MAX_SAFE_INTEGER, "001fffffffffffff"],
  ])("%i is %s", (value, hex) => {
    const packet = new PacketWriter(0, 8).uint64(value).finish();
    expect(packet.subarray(5).toString("hex")).toBe(hex);
    expect(new PacketReader(packet.subarray(5)).uint64()).toBe(value);
  });

  test("above 2^53 they are rounded, not wrapped", () => {
    expect(new PacketReader(Buffer.alloc(8, 0xff)).uint64()).toBe(2 ** 64);
  });
});

test("bytes are copied when they are written", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const writer = new PacketWriter(0, 0).bytes(bytes);
  bytes.fill(9);
  expect([...writer.finish().subarray(9)]).toEqual([1, 2, 3]);
});

test("a packet with much more than was expected grows", () => {
  const large = Buffer.alloc(300_000, 5);
  const reader = readerOf(new PacketWriter(6, 0).uint32(1).bytes(large).text("after").finish());
  expect([reader.uint8(), reader.uint32(), reader.bytes().equals(large), reader.text()]).toEqual([
    6,
    1,
    true,
    "after",
  ]);
});

test("texts are UTF-8, and half a character is no reason to fail", () => {
  const packet = new PacketWriter(0, 0).text("ä🗄\uD800").finish();
  expect(packet.subarray(9).toString("hex")).toBe("c3a4f09f9784efbfbd");
  expect(packet.readUInt32BE(5)).toBe(9);
});

describe("an answer that ends before its fields do", () => {
  test.each<[what: string, bytes: number[], read: (reader: PacketReader) => unknown]>([
    ["a byte", [], (reader) => reader.uint8()],
    ["a number", [1, 2, 3], (reader) => reader.uint32()],
    ["a long number", [1, 2, 3, 4, 5, 6, 7], (reader) => reader.uint64()],
    ["a length", [0, 0, 0], (reader) => reader.bytes()],
    ["bytes", [0, 0, 0, 2, 1], (reader) => reader.bytes()],
    ["a text of gigabytes", [255, 255, 255, 255, 1], (reader) => reader.text()],
  ])("is malformed: %s", (_what, bytes, read) => {
    expect(() => read(new PacketReader(Buffer.from(bytes)))).toThrow(MalformedPacket);
  });

  test("what is there can be read", () => {
    const reader = new PacketReader(Buffer.from([0, 0, 0, 1, 7, 8, 9]));
    expect([...reader.bytes()]).toEqual([7]);
    expect(reader.remaining).toBe(2);
    expect([...reader.rest()]).toEqual([8, 9]);
    expect(reader.rest().byteLength).toBe(0);
  });
});
