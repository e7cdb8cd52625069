import assert from "node:assert/strict";
import { bytesOf, holds, listNames, rejectsWith } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

/** mkdir. */
export const mkdirCases: readonly ConformanceCase[] = [
  {
    id: "mkdir/makes-all",
    title: "mkdir makes a directory and those above it, which then are seen",
    requires: ["directories"],
    run: async ({ backend, observer }) => {
      await backend.mkdir("a/b/c");
      const client = await observer();
      for (const name of ["a", "a/b", "a/b/c"]) {
        const item = await client.info(name);
        assert.deepEqual([item.exists, item.isDirectory], [true, true], name);
      }
      assert.deepEqual(await listNames(client, "a/b"), ["c/"]);
      assert.deepEqual(await listNames(client, "a/b/c"), []);
    },
  },
  {
    id: "mkdir/existing",
    title: "mkdir of a directory that exists is fine and keeps what is in it",
    run: async ({ backend }) => {
      await backend.mkdir("a");
      await backend.mkdir("a");
      await backend.store("a/b", value);
      await backend.mkdir("a");
      await holds(backend, "a/b", value);
    },
  },
  {
    id: "mkdir/on-object",
    title: "mkdir on an object is refused with ALREADY_EXISTS and keeps the object",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await rejectsWith(() => backend.mkdir("a/b"), "ALREADY_EXISTS");
      await holds(backend, "a/b", value);
    },
  },
  {
    id: "mkdir/below-object",
    title: "mkdir below an object is refused with NOT_A_DIRECTORY and keeps the object",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      await rejectsWith(() => backend.mkdir("a/b"), "NOT_A_DIRECTORY");
      await rejectsWith(() => backend.mkdir("a/b/c"), "NOT_A_DIRECTORY");
      await holds(backend, "a", value);
    },
  },
  {
    id: "mkdir/harmless",
    title: "without directories mkdir succeeds and is in nobody's way",
    requires: ["!directories"],
    run: async ({ backend }) => {
      await backend.mkdir("a/b");
      await backend.store("a/b", value);
      await backend.mkdir("a/b");
      await holds(backend, "a/b", value);
      assert.deepEqual(await listNames(backend, "", { recursive: true }), ["a/b"]);
    },
  },
];
