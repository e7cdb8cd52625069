import assert from "node:assert/strict";
import { bytesOf, holds, isAbsent, listNames, rejectsWith } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

/** delete. */
export const deleteCases: readonly ConformanceCase[] = [
  {
    id: "delete/gone",
    title: "a deleted object is gone for everyone, and its name can be stored again",
    run: async ({ backend, observer }) => {
      await backend.store("data/a", value);
      await backend.delete("data/a");
      await isAbsent(await observer(), "data/a");
      await backend.store("data/a", bytesOf("again"));
      await holds(backend, "data/a", bytesOf("again"));
    },
  },
  {
    id: "delete/only-that",
    title: "delete removes that object and no other whose name begins alike",
    run: async ({ backend }) => {
      const others = ["data/ab", "data/a.del", "data/a-b", "dat", "data2/a"];
      for (const name of ["data/a", ...others]) await backend.store(name, bytesOf(name));
      await backend.delete("data/a");
      for (const name of others) await holds(backend, name, bytesOf(name));
    },
  },
  {
    id: "delete/missing",
    title: "delete of what does not exist rejects with NOT_FOUND, also the second time",
    run: async ({ backend }) => {
      await backend.store("data/a", value);
      await rejectsWith(() => backend.delete("data/b"), "NOT_FOUND");
      await rejectsWith(() => backend.delete("none/a"), "NOT_FOUND", "below a missing directory");
      await backend.delete("data/a");
      await rejectsWith(() => backend.delete("data/a"), "NOT_FOUND", "the second delete");
    },
  },
  {
    id: "delete/below-object",
    title: "delete below an object rejects with NOT_FOUND and keeps it",
    run: async ({ backend }) => {
      await backend.store("a", value);
      await rejectsWith(() => backend.delete("a/b"), "NOT_FOUND");
      await holds(backend, "a", value);
    },
  },
  {
    id: "delete/directory",
    title: "delete of a directory is refused with IS_DIRECTORY, also of an empty one",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await backend.mkdir("empty");
      await rejectsWith(() => backend.delete("a"), "IS_DIRECTORY");
      await rejectsWith(() => backend.delete("empty"), "IS_DIRECTORY", "delete of an empty directory");
      await holds(backend, "a/b", value);
      assert.equal((await backend.info("empty")).isDirectory, true);
    },
  },
  {
    id: "delete/prefix",
    title: "without directories delete of a prefix rejects with NOT_FOUND and deletes nothing",
    requires: ["!directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      await rejectsWith(() => backend.delete("a"), "NOT_FOUND");
      await holds(backend, "a/b", value);
    },
  },
  {
    id: "delete/keeps-directories",
    title: "the directories of a deleted object stay",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("data/aa/bb/aabb", value);
      await backend.delete("data/aa/bb/aabb");
      assert.equal((await backend.info("data/aa/bb")).isDirectory, true);
      assert.deepEqual(await listNames(backend, "data/aa"), ["bb/"]);
    },
  },
];
