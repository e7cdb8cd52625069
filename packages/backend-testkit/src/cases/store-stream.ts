import assert from "node:assert/strict";
import { StoreError, type StreamSource } from "@borgstore/core";
import {
  bytesOf,
  holds,
  isAbsent,
  joinBytes,
  listNames,
  outcomeOf,
  rejectsWith,
  rejectsWithValue,
  turn,
} from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

async function* slowly(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of pieces) {
    await turn();
    yield piece;
  }
}

function* failingAfter(pieces: Iterable<Uint8Array>, error: unknown): Generator<Uint8Array, void, undefined> {
  yield* pieces;
  throw error;
}

/** storeStream, except for `ifAbsent`. */
export const storeStreamCases: readonly ConformanceCase[] = [
  {
    id: "store-stream/whole",
    title: "pieces of any sizes become one value, whether they come at once, later, or from a function",
    run: async ({ backend, random }) => {
      const pieces = [1, 0, 70_000, 3, 300_000, 1_200_000].map((size) => random.bytes(size));
      const whole = joinBytes(pieces);
      const sources: StreamSource[] = [pieces, slowly(pieces), () => pieces, () => slowly(pieces)];
      for (const [i, source] of sources.entries()) {
        await backend.storeStream(`data/aa/${i}`, source);
        await holds(backend, `data/aa/${i}`, whole);
      }
    },
  },
  {
    id: "store-stream/empty",
    title: "no pieces, or empty ones, make an empty value",
    run: async ({ backend }) => {
      await backend.storeStream("data/a", []);
      await backend.storeStream("data/b", slowly([new Uint8Array(0)]));
      await holds(backend, "data/a", new Uint8Array(0));
      await holds(backend, "data/b", new Uint8Array(0));
      assert.deepEqual(await listNames(backend, "data"), ["a", "b"]);
    },
  },
  {
    id: "store-stream/replaces",
    title: "a stream replaces an object",
    requires: ["atomicReplace"],
    run: async ({ backend, random }) => {
      await backend.store("a", random.bytes(100_000));
      await backend.storeStream("a", slowly([value]));
      await holds(backend, "a", value);
    },
  },
  {
    id: "store-stream/source-fails",
    title: "when the source throws, that very error is thrown on and nothing is stored",
    run: async ({ backend, random }) => {
      for (const [i, size] of [10, 600_000].entries()) {
        const error = new Error("the source is broken");
        const pieces = [random.bytes(size), random.bytes(size)];
        await rejectsWithValue(() => backend.storeStream(`data/${i}`, failingAfter(pieces, error)), error);
        await isAbsent(backend, `data/${i}`);
      }
      const early = new Error("broken from the start");
      await rejectsWithValue(() => backend.storeStream("data/c", () => failingAfter([], early)), early);
      assert.deepEqual(await listNames(backend, "", { recursive: true }), []);
    },
  },
  {
    id: "store-stream/keeps-old",
    title: "when the source throws, the object that was there stays as it was",
    run: async ({ backend, capabilities, random }) => {
      await backend.store("data/a", value);
      const error = new Error("the source is broken");
      const outcome = await outcomeOf(() =>
        backend.storeStream("data/a", failingAfter([random.bytes(100_000)], error)),
      );
      assert.ok("error" in outcome, "it was stored");
      // Where nothing can be replaced, that may be said before the source is asked.
      const isRefused = !capabilities.atomicReplace && StoreError.is(outcome.error, "UNSUPPORTED");
      if (!isRefused) assert.equal(outcome.error, error);
      await holds(backend, "data/a", value);
    },
  },
  {
    id: "store-stream/not-before-end",
    title: "nothing is visible before the last piece has come",
    run: async ({ backend, observer, random }) => {
      const client = await observer();
      const pieces = [random.bytes(600_000), random.bytes(600_000), random.bytes(10)];
      const watching = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        for (const piece of pieces) {
          yield piece;
          await turn();
          await isAbsent(client, "data/a");
        }
      };
      await backend.storeStream("data/a", watching());
      await holds(client, "data/a", joinBytes(pieces));
    },
  },
  {
    id: "store-stream/reused-memory",
    title: "a piece is only borrowed until the next is asked for: the source may reuse its memory",
    run: async ({ backend, random }) => {
      const pieces = Array.from({ length: 20 }, () => random.bytes(10_000));
      const memory = new Uint8Array(10_000);
      const reusing = function* (): Generator<Uint8Array, void, undefined> {
        for (const piece of pieces) {
          memory.set(piece);
          yield memory;
        }
        memory.fill(0);
      };
      await backend.storeStream("a", reusing());
      await holds(backend, "a", joinBytes(pieces));
    },
  },
  {
    id: "store-stream/source-stopped",
    title: "a source is stopped when its store is aborted, so that it can let go of what it holds",
    run: async ({ backend, random }) => {
      const controller = new AbortController();
      const reason = new Error("stop");
      let isStopped = false;
      const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          while (true) {
            yield random.bytes(10_000);
            await turn();
            controller.abort(reason);
          }
        } finally {
          isStopped = true;
        }
      };
      await rejectsWithValue(
        () => backend.storeStream("data/a", source(), { signal: controller.signal }),
        reason,
      );
      // Closing waits for what goes on in the background.
      await backend.close();
      assert.ok(isStopped, "the source was left standing");
    },
  },
  {
    id: "store-stream/wrong-piece",
    title: "a piece that is not bytes is refused with INVALID_ARGUMENT and nothing is stored",
    run: async ({ backend }) => {
      for (const piece of ["text", 5, null]) {
        await rejectsWith(
          () => backend.storeStream("a", [value, piece as unknown as Uint8Array]),
          "INVALID_ARGUMENT",
          `a piece of type ${typeof piece}`,
        );
      }
      await isAbsent(backend, "a");
    },
  },
  {
    id: "store-stream/wrong-source",
    title: "a source that cannot be iterated is refused with INVALID_ARGUMENT and nothing is stored",
    run: async ({ backend }) => {
      for (const source of [null, undefined, 5, "text", {}, value]) {
        await rejectsWith(
          () => backend.storeStream("a", source as StreamSource),
          "INVALID_ARGUMENT",
          `a source of type ${typeof source}`,
        );
      }
      await isAbsent(backend, "a");
    },
  },
];
