import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, copyBytes, startSource, toBytes, toHex } from "../src/bytes.ts";
import type { StreamSource } from "../src/index.ts";
import { drain } from "./guard/test-driver.ts";

test("a view of any kind is taken as the bytes it shows, without copying", () => {
  const memory = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(toBytes(memory)).toBe(memory);
  for (const view of [
    new DataView(memory.buffer, 2, 4),
    new Uint16Array(memory.buffer, 2, 2),
    new Int8Array(memory.buffer, 2, 4),
  ]) {
    const bytes = toBytes(view);
    expect([...bytes]).toEqual([2, 3, 4, 5]);
    expect(bytes.buffer).toBe(memory.buffer);
  }
  const shared = new Float32Array(new SharedArrayBuffer(16), 4, 2);
  expect(toBytes(shared)).toMatchObject({ byteOffset: 4, byteLength: 8 });
});

test("a view from another realm is one too", () => {
  const foreign = runInNewContext("new Uint8Array([1, 2, 3]).subarray(1)") as Uint8Array;
  expect(foreign instanceof Uint8Array).toBe(false);
  expect(toBytes(foreign)).toEqual(new Uint8Array([2, 3]));
});

test("what is no view is refused, saying what came instead", () => {
  const wrong = [null, undefined, "text", 7, [1], new ArrayBuffer(2), { length: 2 }, Object.create(null)];
  for (const value of wrong as ArrayBufferView[]) {
    expect(() => toBytes(value)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
  expect(() => toBytes([1] as unknown as ArrayBufferView)).toThrow("an array");
  expect(() => toBytes(null as unknown as ArrayBufferView)).toThrow("null");
  expect(() => toBytes({} as ArrayBufferView)).toThrow("an Object");
  expect(() => toBytes("text" as unknown as ArrayBufferView)).toThrow("not string; new TextEncoder()");
  expect(() => toBytes(new ArrayBuffer(1) as unknown as ArrayBufferView)).toThrow(
    "not an ArrayBuffer; new Uint8Array(buffer)",
  );
});

test("a view whose memory was transferred away is refused, an empty one is fine", () => {
  const view = new Uint8Array(4);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  expect(() => toBytes(view)).toThrow("transferred");
  expect(toBytes(new Uint8Array(4).subarray(4)).byteLength).toBe(0);
  expect(toBytes(new DataView(new ArrayBuffer(0))).byteLength).toBe(0);
});

test("a copy has memory of its own, also of a Buffer and of shared memory", () => {
  const buffer = Buffer.from("hello").subarray(1, 3);
  const copy = copyBytes(buffer);
  buffer.fill(0);
  expect([...copy]).toEqual([101, 108]);
  expect(copy.buffer.byteLength).toBe(2);
  expect(copyBytes(new Uint8Array(new SharedArrayBuffer(2))).buffer).toBeInstanceOf(ArrayBuffer);
});

test("joining and hex agree with those of Buffer", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (parts) => {
      const whole = concatBytes(parts);
      expect(Buffer.concat(parts).equals(whole)).toBe(true);
      expect(toHex(whole)).toBe(Buffer.from(whole).toString("hex"));
    }),
  );
});

test("a source may be an iterable, an async iterable, or a function that makes one", async () => {
  const parts = [new Uint8Array([1]), new Uint8Array([2, 3])];
  const generate = async function* (): AsyncGenerator<Uint8Array> {
    yield* parts;
  };
  for (const source of [parts, new Set(parts), generate(), generate, () => parts] as StreamSource[]) {
    expect(await drain(startSource(source))).toEqual(parts);
  }
});

test("what is no source is refused at once, a piece that is not bytes when it comes", async () => {
  for (const wrong of [null, 7, "text", new Uint8Array(2), {}, () => null] as unknown as StreamSource[]) {
    expect(() => startSource(wrong)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
  const pieces = startSource([new Uint8Array(1), "text"] as Uint8Array[])[Symbol.asyncIterator]();
  expect((await pieces.next()).done).toBe(false);
  await expect(pieces.next()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
