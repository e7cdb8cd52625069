import assert from "node:assert/strict";
import { bytesOf, equalBytes, holds, rejectsWith } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { clampExamples, expectedPart, randomRange } from "./ranges.ts";

const value = bytesOf("value");

/** load. */
export const loadCases: readonly ConformanceCase[] = [
  {
    id: "load/missing",
    title: "load of what does not exist rejects with NOT_FOUND",
    run: async ({ backend }) => {
      await backend.store("data/a", value);
      for (const name of ["b", "data/b", "none/a", "data/a.del"]) {
        await rejectsWith(() => backend.load(name), "NOT_FOUND", name);
      }
      await rejectsWith(() => backend.load("data/b", { size: 0 }), "NOT_FOUND", "an empty range");
    },
  },
  {
    id: "load/below-object",
    title: "load below an object rejects with NOT_FOUND",
    run: async ({ backend }) => {
      await backend.store("a", value);
      await rejectsWith(() => backend.load("a/b"), "NOT_FOUND");
    },
  },
  {
    id: "load/directory",
    title: "load of a directory rejects with IS_DIRECTORY",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await rejectsWith(() => backend.load("a"), "IS_DIRECTORY");
      await rejectsWith(() => backend.load("a", { offset: 1, size: 2 }), "IS_DIRECTORY", "a range of it");
    },
  },
  {
    id: "load/prefix",
    title: "without directories load of a prefix rejects with NOT_FOUND",
    requires: ["!directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await rejectsWith(() => backend.load("a"), "NOT_FOUND");
    },
  },
  {
    id: "load/clamp-table",
    title: "ranges within, across and beyond a value of ten bytes give what is there of them",
    run: async ({ backend }) => {
      await backend.store("a", bytesOf("0123456789"));
      for (const [offset, size, expected] of clampExamples) {
        const what = `offset ${offset}, size ${size}`;
        equalBytes(await backend.load("a", { offset, size }), bytesOf(expected), what);
      }
    },
  },
  {
    id: "load/clamp-empty",
    title: "any range of an empty value is empty",
    run: async ({ backend }) => {
      await backend.store("a", new Uint8Array(0));
      for (const offset of [undefined, 0, 1, -1, 5_000]) {
        for (const size of [undefined, 0, 1, 5_000]) {
          equalBytes(await backend.load("a", { offset, size }), new Uint8Array(0), `${offset}, ${size}`);
        }
      }
    },
  },
  {
    id: "load/clamp-random",
    title: "random ranges of values of random lengths give what is there of them",
    run: async ({ backend, random }) => {
      for (const length of [
        random.integer(2, 50),
        random.integer(4_000, 5_000),
        random.integer(60_000, 200_000),
      ]) {
        const whole = random.bytes(length);
        await backend.store("data/a", whole);
        for (let i = 0; i < 40; i++) {
          const range = randomRange(random, length);
          const what = `offset ${range.offset}, size ${range.size} of ${length}`;
          equalBytes(await backend.load("data/a", range), expectedPart(whole, range), what);
        }
        await backend.delete("data/a");
      }
    },
  },
  {
    id: "load/wrong-range",
    title: "a negative, fractional or otherwise senseless range is refused with INVALID_ARGUMENT",
    run: async ({ backend }) => {
      await backend.store("a", bytesOf("0123456789"));
      for (const size of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "1" as unknown as number]) {
        await rejectsWith(() => backend.load("a", { size }), "INVALID_ARGUMENT", `size ${size}`);
      }
      for (const offset of [0.5, Number.NaN, Number.NEGATIVE_INFINITY, "1" as unknown as number]) {
        await rejectsWith(() => backend.load("a", { offset }), "INVALID_ARGUMENT", `offset ${offset}`);
      }
    },
  },
  {
    id: "load/owned",
    title: "the loaded array is plain, has memory of its own, and changing it changes nothing else",
    run: async ({ backend, random }) => {
      for (const size of [5, 5_000, 300_000]) {
        const whole = random.bytes(size);
        const name = `data/${size}`;
        await backend.store(name, whole);
        for (const options of [undefined, { offset: 1, size: 3 }, { size: 0 }]) {
          const loaded = await backend.load(name, options);
          assert.equal(Object.getPrototypeOf(loaded), Uint8Array.prototype, "it is not a plain Uint8Array");
          assert.ok(loaded.buffer instanceof ArrayBuffer, "its memory is not an ArrayBuffer");
          assert.equal(loaded.buffer.byteLength, loaded.byteLength, "its memory is larger than the value");
          loaded.fill(0);
        }
        await holds(backend, name, whole);
      }
    },
  },
  {
    id: "load/ranged",
    title: "a small range of a large value transfers about the bytes asked for",
    requires: ["rangedLoad", "deliveredBytes"],
    run: async ({ backend, random, deliveredBytes }) => {
      const whole = random.bytes(2 * 1024 * 1024);
      await backend.store("data/a", whole);
      const before = deliveredBytes();
      for (const range of [
        { offset: 0, size: 100 },
        { offset: 1_000_000, size: 100 },
        { offset: -100 },
        { offset: -1_300_000, size: 100 },
      ]) {
        equalBytes(await backend.load("data/a", range), expectedPart(whole, range));
      }
      const delivered = deliveredBytes() - before;
      assert.ok(delivered >= 400, `the medium counts ${delivered} bytes for 400 loaded`);
      assert.ok(delivered <= 1024 * 1024, `${delivered} bytes were transferred for 400`);
    },
  },
];
