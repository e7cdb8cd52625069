import assert from "node:assert/strict";
import {
  bytesOf,
  equalBytes,
  hasCode,
  holds,
  isAbsent,
  joinBytes,
  listNames,
  outcomeOf,
  rejectsWith,
  whileUnderWay,
} from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");
const KiB = 1024;
const MiB = 1024 * KiB;

/** store, except for `ifAbsent`. */
export const storeCases: readonly ConformanceCase[] = [
  {
    id: "store/sizes",
    title: "values of any length come back as they were, around the usual limits of buffers and parts",
    run: async ({ backend, random }) => {
      for (const edge of [1, 64 * KiB, 256 * KiB, MiB]) {
        for (const size of [edge - 1, edge, edge + 1]) {
          const whole = random.bytes(size);
          await backend.store(`data/${size}`, whole);
          await holds(backend, `data/${size}`, whole);
        }
      }
    },
  },
  {
    id: "store/atomic",
    title: "while a value is being stored others see nothing or all of it, and all of it afterwards",
    run: async ({ backend, observer, random }) => {
      const whole = random.bytes(MiB);
      const client = await observer();
      await whileUnderWay(backend.store("data/aa/a", whole), async () => {
        const outcome = await outcomeOf(() => client.load("data/aa/a"));
        if ("value" in outcome) equalBytes(outcome.value, whole, "the value seen meanwhile");
        else hasCode(outcome.error, "NOT_FOUND");
        assert.ok(
          [0, whole.length].includes((await client.info("data/aa/a")).size),
          "a part is shown by info",
        );
        const names = await listNames(client, "data/aa");
        assert.deepEqual(names.length === 0 ? ["a"] : names, ["a"], "a temporary name is listed");
      });
      await holds(client, "data/aa/a", whole);
      assert.deepEqual(await listNames(client, "", { recursive: true }), ["data/aa/a"]);
    },
  },
  {
    id: "store/visible",
    title: "another client sees at once what was acknowledged: stored, moved, deleted",
    requires: ["anotherBackend"],
    run: async ({ backend, observer, random }) => {
      await backend.store("data/a", value);
      await holds(await observer(), "data/a", value);
      await backend.move("data/a", "data/b");
      const client = await observer();
      await isAbsent(client, "data/a");
      await holds(client, "data/b", value);
      const pieces = [random.bytes(10), random.bytes(20)];
      await client.storeStream("data/c", pieces);
      await holds(backend, "data/c", joinBytes(pieces));
      await client.delete("data/b");
      await isAbsent(backend, "data/b");
    },
  },
  {
    id: "store/makes-directories",
    title: "store makes the directories that are missing",
    run: async ({ backend, capabilities }) => {
      await backend.store("a/b/c/d", value);
      await holds(backend, "a/b/c/d", value);
      assert.deepEqual(await listNames(backend, "a/b"), ["c/"]);
      if (capabilities.directories) assert.equal((await backend.info("a/b/c")).isDirectory, true);
    },
  },
  {
    id: "store/replaces",
    title: "store over an object replaces it, by a longer value, a shorter one, and an empty one",
    requires: ["atomicReplace"],
    run: async ({ backend, random }) => {
      for (const size of [100, 70_000, 10, 0, 5]) {
        const whole = random.bytes(size);
        await backend.store("data/a", whole);
        await holds(backend, "data/a", whole);
        assert.equal((await backend.info("data/a")).size, size);
      }
      assert.deepEqual(await listNames(backend, "data"), ["a"]);
    },
  },
  {
    id: "store/replace-atomic",
    title: "while an object is being replaced others see all of the old value or all of the new one",
    requires: ["atomicReplace"],
    run: async ({ backend, observer, random }) => {
      const values = [random.bytes(MiB), random.bytes(300_000)];
      const [first, second] = values as [Uint8Array, Uint8Array];
      await backend.store("data/a", first);
      const client = await observer();
      const replacing = (async () => {
        for (let i = 0; i < 5; i++) await backend.store("data/a", i % 2 === 0 ? second : first);
      })();
      await whileUnderWay(replacing, async () => {
        const seen = await client.load("data/a");
        equalBytes(seen, seen.length === first.length ? first : second, "the value seen meanwhile");
      });
      await holds(client, "data/a", second);
    },
  },
  {
    id: "store/replace-refused",
    title:
      "where replacing is not atomic it is refused with UNSUPPORTED and keeps the old value, or was allowed",
    requires: ["!atomicReplace"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      const outcome = await outcomeOf(() => backend.store("a", bytesOf("new")));
      if ("value" in outcome) {
        await holds(backend, "a", bytesOf("new"));
      } else {
        hasCode(outcome.error, "UNSUPPORTED");
        await holds(backend, "a", value);
      }
    },
  },
  {
    id: "store/views",
    title: "a value may be any view: exactly its own bytes are stored",
    run: async ({ backend, random }) => {
      const memory = random.bytes(4_096);
      const views: ArrayBufferView[] = [
        memory.subarray(100, 300),
        new Float64Array(memory.buffer, 16, 5),
        new Uint16Array(memory.buffer, 2, 7),
        new DataView(memory.buffer, 3, 11),
        new Uint8ClampedArray(memory.buffer, 1, 2),
      ];
      if (typeof Buffer === "function") {
        views.push(Buffer.from(memory.buffer, 8, 33), Buffer.from("pooled by node"));
      }
      for (const [i, view] of views.entries()) {
        await backend.store(`data/${i}`, view);
        await holds(backend, `data/${i}`, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
      }
    },
  },
  {
    id: "store/borrowed",
    title: "changing the value after the promise has settled changes nothing that is stored",
    run: async ({ backend, random }) => {
      for (const size of [10, 5_000, 200_000]) {
        const whole = random.bytes(size);
        const copy = whole.slice();
        await backend.store(`data/${size}`, whole);
        whole.fill(0);
        await holds(backend, `data/${size}`, copy);
      }
    },
  },
  {
    id: "store/unchanged",
    title: "store does not change the value that it was given",
    run: async ({ backend, random }) => {
      const whole = random.bytes(5_000);
      const copy = whole.slice();
      await backend.store("data/a", whole);
      equalBytes(whole, copy, "the caller's array");
    },
  },
  {
    id: "store/not-bytes",
    title: "a value that is not bytes is refused with INVALID_ARGUMENT and nothing is stored",
    run: async ({ backend }) => {
      const values: unknown[] = [null, undefined, 5, "text", [1, 2], { length: 1 }, new ArrayBuffer(3)];
      for (const wrong of values) {
        await rejectsWith(
          () => backend.store("a", wrong as ArrayBufferView),
          "INVALID_ARGUMENT",
          `store of ${typeof wrong}`,
        );
      }
      assert.deepEqual(await listNames(backend, ""), []);
    },
  },
  {
    id: "store/directory",
    title: "store onto a directory is refused with IS_DIRECTORY and keeps the directory",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await backend.mkdir("empty");
      await rejectsWith(() => backend.store("a", value), "IS_DIRECTORY");
      await rejectsWith(() => backend.store("empty", value), "IS_DIRECTORY", "store onto an empty directory");
      await holds(backend, "a/b", value);
      assert.deepEqual(await listNames(backend, ""), ["a/", "empty/"]);
    },
  },
  {
    id: "store/below-object",
    title: "store below an object is refused with NOT_A_DIRECTORY and keeps the object",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      await rejectsWith(() => backend.store("a/b", value), "NOT_A_DIRECTORY");
      await rejectsWith(() => backend.store("a/b/c", value), "NOT_A_DIRECTORY");
      await holds(backend, "a", value);
    },
  },
  {
    id: "store/object-and-prefix",
    title: "without directories a name can be an object and the prefix of others",
    requires: ["!directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await backend.store("a", bytesOf("a"));
      await holds(backend, "a", bytesOf("a"));
      await holds(backend, "a/b", value);
      assert.deepEqual(await listNames(backend, "", { recursive: true }), ["a", "a/b"]);
    },
  },
];
