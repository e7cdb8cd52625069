import { StoreError } from "@borgstore/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryReader, ListingReader, type Entry } from "../src/read-entries.ts";

/** What a reader finds in pieces of a text. */
function readPieces(pieces: readonly Uint8Array[]): Entry[] {
  const reader = new EntryReader();
  const found = pieces.flatMap((piece) => reader.push(Buffer.from(piece)));
  reader.end();
  return found;
}

/** A text cut at some places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.toSorted((one, other) => one - other), bytes.byteLength];
  return edges.slice(1).map((edge, at) => bytes.subarray(edges[at], edge));
}

function answer(list: readonly unknown[] | null, indent?: number): Buffer {
  return Buffer.from(JSON.stringify({ list }, undefined, indent));
}

const odd: readonly Entry[] = [
  { Path: "a", Name: "a", Size: 0, ModTime: "", IsDir: false },
  { Path: "b/{}", Name: "{}", Size: 1, IsDir: true },
  { Name: '"quoted"' },
  { Name: '\\"' },
  { Name: "\\" },
  { Name: "\\\\" },
  { Name: "}]}" },
  { Name: "[{" },
  { Name: '{"Name":"c"}' },
  { Name: "ä 名 🗄 \u2028 \u0000\n\t" },
  {},
  { Name: "nested", Metadata: { a: ["{", { b: "]" }], c: {} }, Hashes: { md5: "x" } },
  { Size: -1 },
];

test.each<readonly [title: string, bytes: Buffer, entries: readonly Entry[]]>([
  ["odd entries", answer(odd), odd],
  ["odd entries with blanks", answer(odd, 2), odd],
  ["no entries", answer([]), []],
  ["no entries with blanks", Buffer.from(' {\n\t"list" : [ \r\n ] }\n'), []],
  // As Go writes an array that was never made.
  ["null instead of entries", answer(null), []],
  [
    "texts with escapes for every character",
    Buffer.from(String.raw`{"list":[{"N":"\u007b\u0022\ud83d\ude00\/"}]}`),
    [{ N: '{"😀/' }],
  ],
])("%s are found, wherever the text is cut", (_title, bytes, entries) => {
  for (let at = 0; at <= bytes.byteLength; at++) {
    expect(readPieces(cut(bytes, [at]))).toEqual(entries);
  }
  expect(readPieces(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(entries);
});

test("entries are there as soon as they are complete", () => {
  const reader = new EntryReader();
  expect(reader.push(Buffer.from('{"list":[{"N":1},{"N":2}'))).toEqual([{ N: 1 }, { N: 2 }]);
  expect(reader.push(Buffer.from(',{"N"'))).toEqual([]);
  expect(reader.push(Buffer.from(":3"))).toEqual([]);
  expect(reader.push(Buffer.from("}]}"))).toEqual([{ N: 3 }]);
  reader.end();
});

test("an answer that ends in the middle is told as one, wherever it ends", () => {
  const bytes = answer(odd);
  for (let at = 0; at < bytes.byteLength; at++) {
    const reader = new EntryReader();
    reader.push(bytes.subarray(0, at));
    expect(() => reader.end()).toThrow(expect.objectContaining({ code: "INTEGRITY", retryable: true }));
  }
});

test.each(['{"list":[{bad}]}', '{"list":[{"N":1,}]}', '{"list":[{"N":tru}]}'])(
  "%j is told as what it is",
  (text) => {
    let error: unknown;
    try {
      readPieces([Buffer.from(text)]);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      code: "UNEXPECTED",
      message: expect.stringContaining("no JSON") as unknown,
    });
  },
);

describe("a long answer", () => {
  test("of 200,000 entries takes no more than a moment for each", () => {
    const entries = Array.from({ length: 200_000 }, (_each, at) => ({ Path: `data/${at}`, Size: at }));
    const bytes = answer(entries);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.byteLength; at += 65_536) pieces.push(bytes.subarray(at, at + 65_536));
    const found = readPieces(pieces);
    expect(found.length).toBe(entries.length);
    expect(found.at(-1)).toEqual(entries.at(-1));
  });

  test("with an entry longer than any piece is read as well", () => {
    const entries = [{ Name: "x{".repeat(300_000) }, { Name: "after" }];
    const bytes = answer(entries);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.byteLength; at += 16_384) pieces.push(bytes.subarray(at, at + 16_384));
    expect(readPieces(pieces)).toEqual(entries);
  });
});

test("any entries cut anywhere are what JSON.parse makes of them", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[{}[\]"\\,: ]{0,10}$/));
  const entry = fc.dictionary(text, fc.jsonValue({ maxDepth: 2, stringUnit: "binary" }), { maxKeys: 4 });
  fc.assert(
    fc.property(
      fc.option(fc.array(entry, { maxLength: 6 })),
      fc.constantFrom(undefined, 1),
      fc.array(fc.nat(400), { maxLength: 8 }),
      (list, indent, places) => {
        const bytes = answer(list, indent);
        const parsed = JSON.parse(bytes.toString("utf8")) as { list: Entry[] | null };
        const within = places.map((place) => Math.min(place, bytes.byteLength));
        expect(readPieces(cut(bytes, within))).toEqual(parsed.list ?? []);
      },
    ),
    { numRuns: 200 },
  );
});

function listingOf(count: number): Buffer {
  const list = Array.from({ length: count }, (_none, at) => ({ Name: `n${at}` }));
  return Buffer.from(JSON.stringify({ list }, null, "\t"));
}

/** How many entries came before the end, and all of them. */
function readIn(bytes: Buffer, chunkBytes: number): { early: number; names: unknown[] } {
  const reader = new ListingReader();
  let names: unknown[] = [];
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    names = names.concat(reader.push(bytes.subarray(at, at + chunkBytes)).map(({ Name: name }) => name));
  }
  return { early: names.length, names: names.concat(reader.end().map(({ Name: name }) => name)) };
}

describe("an answer to a listing", () => {
  test("that is small is read at its end, and a large one while it comes", () => {
    expect(readIn(listingOf(3), 10)).toEqual({ early: 0, names: ["n0", "n1", "n2"] });
    const { early, names } = readIn(listingOf(400_000), 1024 * 1024);
    expect(early).toBeGreaterThan(390_000);
    expect(names).toHaveLength(400_000);
    expect(names.at(-1)).toBe("n399999");
  });

  test.each(['{"list":[{"Name":"a"}', '{"list":[', "", "<html>", '{"error":"x'])(
    "%j is not complete",
    (text) => {
      expect(() => readIn(Buffer.from(text), 5)).toThrow(
        expect.objectContaining({ code: "INTEGRITY", retryable: true }),
      );
    },
  );

  test("may have null for the array", () => {
    expect(readIn(Buffer.from('{"list": null}'), 3).names).toEqual([]);
  });
});
