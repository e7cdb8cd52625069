import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameParser, type FrameSink } from "../../src/protocol/frame-parser.ts";
import { MalformedPacket } from "../../src/protocol/packet-reader.ts";
import { packetType } from "../../src/protocol/packet-types.ts";
import { PacketWriter } from "../../src/protocol/packet-writer.ts";
import { answers } from "./scripted-link.ts";

type Found =
  | { readonly type: number; readonly fields: string }
  | { readonly id: number; readonly data: string };

/** Notes what a parser finds. Data goes to a target of its length, unless nobody waits for its id. */
class Collector implements FrameSink {
  readonly found: Found[] = [];
  readonly #targets = new Map<number, Uint8Array>();
  readonly #isAwaited: (id: number) => boolean;

  constructor(isAwaited: (id: number) => boolean = () => true) {
    this.#isAwaited = isAwaited;
  }

  packet(type: number, fields: Buffer): void {
    this.found.push({ type, fields: fields.toString("hex") });
  }

  dataTarget(id: number, length: number): Uint8Array | undefined {
    if (!this.#isAwaited(id)) return undefined;
    const target = new Uint8Array(length);
    this.#targets.set(id, target);
    return target;
  }

  dataComplete(id: number, length: number): void {
    const target = this.#targets.get(id);
    const data = target === undefined ? "dropped" : Buffer.from(target).toString("hex");
    this.found.push({ id, data: target?.byteLength === length || target === undefined ? data : "cut" });
  }
}

function isEven(id: number): boolean {
  return id % 2 === 0;
}

/** The beginning of a packet, which may be a lie. */
function header(length: number, type: number, ...more: readonly number[]): Buffer {
  const bytes = Buffer.alloc(5 + 4 * more.length);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt8(type, 4);
  for (const [index, value] of more.entries()) bytes.writeUInt32BE(value, 5 + 4 * index);
  return bytes;
}

interface Sample {
  readonly packet: Buffer;
  readonly found: Found;
}

const dataSample = fc
  .record({ id: fc.integer({ min: 0, max: 0xffff_ffff }), bytes: fc.uint8Array({ maxLength: 60 }) })
  .map(({ id, bytes }): Sample => ({
    packet: answers.data(id, bytes),
    found: { id, data: Buffer.from(bytes).toString("hex") },
  }));

const otherSample = fc
  .record({
    type: fc.integer({ min: 0, max: 255 }).filter((type) => type !== packetType.data),
    body: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ type, body }): Sample => {
    const packet = Buffer.concat([Buffer.alloc(5), body]);
    packet.writeUInt32BE(body.byteLength + 1, 0);
    packet.writeUInt8(type, 4);
    return { packet, found: { type, fields: Buffer.from(body).toString("hex") } };
  });

const samples = fc.array(fc.oneof(dataSample, otherSample), { minLength: 1, maxLength: 12 });

/** The pieces that a stream falls into, cut at places that are given as parts of its length. */
function cut(stream: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => Math.floor(place * stream.byteLength)), stream.byteLength];
  at.sort((one, other) => one - other);
  return at.slice(1).map((end, index) => stream.subarray(at[index], end));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

describe("any sequence of answers", () => {
  test("is found whole wherever the stream is cut", () => {
    fc.assert(
      fc.property(samples, places, (sequence, cuts) => {
        const collector = new Collector();
        const parser = new FrameParser(collector);
        const stream = Buffer.concat(sequence.map(({ packet }) => packet));
        for (const piece of cut(stream, cuts)) parser.push(piece);
        expect(collector.found).toEqual(sequence.map(({ found }) => found));
      }),
      { numRuns: 500 },
    );
  });

  test("is found byte by byte", () => {
    fc.assert(
      fc.property(samples, (sequence) => {
        const collector = new Collector();
        const parser = new FrameParser(collector);
        for (const byte of Buffer.concat(sequence.map(({ packet }) => packet))) {
          parser.push(Buffer.from([byte]));
        }
        expect(collector.found).toEqual(sequence.map(({ found }) => found));
      }),
    );
  });

  test("does not depend on the buffers that the bytes come in, which are used again", () => {
    fc.assert(
      fc.property(samples, places, (sequence, cuts) => {
        const collector = new Collector();
        const parser = new FrameParser(collector);
        const stream = Buffer.concat(sequence.map(({ packet }) => packet));
        for (const piece of cut(stream, cuts)) {
          const borrowed = Buffer.from(piece);
          parser.push(borrowed);
          borrowed.fill(0xee);
        }
        expect(collector.found).toEqual(sequence.map(({ found }) => found));
      }),
    );
  });

  test("is found also when nobody waits for some of the data", () => {
    fc.assert(
      fc.property(samples, places, (sequence, cuts) => {
        const collector = new Collector(isEven);
        const parser = new FrameParser(collector);
        for (const piece of cut(Buffer.concat(sequence.map(({ packet }) => packet)), cuts)) {
          parser.push(piece);
        }
        const expected = sequence.map(({ found }) =>
          "id" in found && !isEven(found.id) ? { id: found.id, data: "dropped" } : found,
        );
        expect(collector.found).toEqual(expected);
      }),
    );
  });
});

test("data is written to its target as it comes, before it is there whole", () => {
  const target = new Uint8Array(4);
  let isComplete = false;
  const parser = new FrameParser({
    packet: () => undefined,
    dataTarget: () => target,
    dataComplete: () => (isComplete = true),
  });
  const packet = answers.data(1, Buffer.from([1, 2, 3, 4]));
  parser.push(packet.subarray(0, -2));
  expect([[...target], isComplete]).toEqual([[1, 2, 0, 0], false]);
  parser.push(packet.subarray(-2));
  expect([[...target], isComplete]).toEqual([[1, 2, 3, 4], true]);
});

test("a target that is longer than the data keeps its rest", () => {
  const target = new Uint8Array(6).fill(9);
  const parser = new FrameParser({
    packet: () => undefined,
    dataTarget: () => target,
    dataComplete: () => undefined,
  });
  parser.push(answers.data(1, Buffer.from([1, 2, 3])));
  expect([...target]).toEqual([1, 2, 3, 9, 9, 9]);
});

test("the data of one answer is not confused with that of the next", () => {
  const collector = new Collector();
  const parser = new FrameParser(collector);
  parser.push(Buffer.concat([answers.data(1, Buffer.from("a")), answers.data(2, new Uint8Array())]));
  expect(collector.found).toEqual([
    { id: 1, data: "61" },
    { id: 2, data: "" },
  ]);
});

describe("what cannot be SFTP", () => {
  const megabyte = 1024 * 1024;

  test.each([
    ["an answer without a type", header(0, 101)],
    ["an answer of more than a megabyte", header(megabyte + 1, 101)],
    ["an answer of four gigabytes", header(0xffff_ffff, 101)],
    ["the greeting of a login shell", Buffer.from("Welcome to host!\n")],
    ["data without a length", header(5, packetType.data, 1)],
    ["data that says more than its packet", header(9 + 10, packetType.data, 1, 11)],
    ["data that says less than its packet", header(9 + 10, packetType.data, 1, 9)],
    ["data of four gigabytes", header(9, packetType.data, 1, 0xffff_ffff)],
  ])("is malformed: %s", (_what, bytes) => {
    expect(() => new FrameParser(new Collector()).push(bytes)).toThrow(MalformedPacket);
    const parser = new FrameParser(new Collector());
    expect(() => {
      for (const byte of bytes) parser.push(Buffer.from([byte]));
    }).toThrow(MalformedPacket);
  });

  test("an answer of a megabyte is believed", () => {
    const collector = new Collector();
    const parser = new FrameParser(collector);
    const packet = new PacketWriter(packetType.name, megabyte).bytes(Buffer.alloc(megabyte - 5)).finish();
    parser.push(packet.subarray(0, 1000));
    expect(collector.found).toHaveLength(0);
    parser.push(packet.subarray(1000));
    expect(collector.found).toHaveLength(1);
  });
});
