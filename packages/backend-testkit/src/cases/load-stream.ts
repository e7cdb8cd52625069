import assert from "node:assert/strict";
import { bytesOf, drain, equalBytes, holds, joinBytes, rejectsWith } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { clampExamples, expectedPart, randomRange } from "./ranges.ts";

const value = bytesOf("value");

/** loadStream. */
export const loadStreamCases: readonly ConformanceCase[] = [
  {
    id: "load-stream/whole",
    title: "the pieces joined are the value, for small and large values",
    run: async ({ backend, random }) => {
      for (const size of [1, 65_537, 1024 * 1024 + 7]) {
        const whole = random.bytes(size);
        await backend.store(`data/${size}`, whole);
        equalBytes(await drain(backend.loadStream(`data/${size}`)), whole);
      }
    },
  },
  {
    id: "load-stream/empty",
    title: "the stream of an empty value ends without a byte",
    run: async ({ backend }) => {
      await backend.store("a", new Uint8Array(0));
      equalBytes(await drain(backend.loadStream("a")), new Uint8Array(0));
    },
  },
  {
    id: "load-stream/clamp",
    title: "ranges clamp as those of load",
    run: async ({ backend, random }) => {
      await backend.store("a", bytesOf("0123456789"));
      for (const [offset, size, expected] of clampExamples) {
        const what = `offset ${offset}, size ${size}`;
        equalBytes(await drain(backend.loadStream("a", { offset, size })), bytesOf(expected), what);
      }
      const whole = random.bytes(random.integer(100_000, 300_000));
      await backend.store("data/a", whole);
      for (let i = 0; i < 10; i++) {
        const range = randomRange(random, whole.length);
        const what = `offset ${range.offset}, size ${range.size} of ${whole.length}`;
        equalBytes(await drain(backend.loadStream("data/a", range)), expectedPart(whole, range), what);
      }
    },
  },
  {
    id: "load-stream/wrong-range",
    title: "a senseless range is refused with INVALID_ARGUMENT, out of the iteration",
    run: async ({ backend }) => {
      await backend.store("a", value);
      await rejectsWith(() => drain(backend.loadStream("a", { size: -1 })), "INVALID_ARGUMENT");
      await rejectsWith(() => drain(backend.loadStream("a", { offset: 0.5 })), "INVALID_ARGUMENT");
    },
  },
  {
    id: "load-stream/missing",
    title: "a stream of what does not exist fails with NOT_FOUND, out of the iteration",
    run: async ({ backend }) => {
      await rejectsWith(() => drain(backend.loadStream("a/b")), "NOT_FOUND");
    },
  },
  {
    id: "load-stream/directory",
    title: "a stream of a directory fails with IS_DIRECTORY",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await rejectsWith(() => drain(backend.loadStream("a")), "IS_DIRECTORY");
    },
  },
  {
    id: "load-stream/lazy",
    title: "nothing happens before the first piece is asked for",
    run: async ({ backend }) => {
      const stream = backend.loadStream("a");
      await backend.store("a", value);
      equalBytes(await drain(stream), value);
    },
  },
  {
    id: "load-stream/owned",
    title: "each piece is a plain array of the caller's: changing it changes nothing else",
    run: async ({ backend, random }) => {
      const whole = random.bytes(1_300_000);
      await backend.store("a", whole);
      let position = 0;
      for await (const piece of backend.loadStream("a")) {
        assert.equal(Object.getPrototypeOf(piece), Uint8Array.prototype, "it is not a plain Uint8Array");
        equalBytes(piece, whole.subarray(position, position + piece.byteLength), "a piece");
        position += piece.byteLength;
        piece.fill(0);
      }
      await holds(backend, "a", whole);
    },
  },
  {
    id: "load-stream/kept",
    title: "pieces that are kept do not change when the next ones come",
    run: async ({ backend, random }) => {
      const whole = random.bytes(1_300_000);
      await backend.store("a", whole);
      const kept: Uint8Array[] = [];
      for await (const piece of backend.loadStream("a")) kept.push(piece);
      equalBytes(joinBytes(kept), whole);
    },
  },
  {
    id: "load-stream/stopped",
    title:
      "a stream that is stopped early lets go of everything: the object can be deleted, the backend closed",
    run: async ({ backend, random }) => {
      await backend.store("data/a", random.bytes(1_300_000));
      for (let i = 0; i < 5; i++) {
        for await (const piece of backend.loadStream("data/a")) {
          assert.ok(piece.byteLength > 0);
          break;
        }
      }
      await backend.delete("data/a");
      await backend.close();
      await backend.open();
      await rejectsWith(() => backend.load("data/a"), "NOT_FOUND");
    },
  },
];
