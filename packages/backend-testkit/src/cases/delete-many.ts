import assert from "node:assert/strict";
import { StoreError, type DeleteResult } from "@borgstore/core";
import { bytesOf, holds, isAbsent, listNames, rejectsWith } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

function codesOf(results: readonly DeleteResult[]): string[] {
  return results.map(({ error }) => {
    if (error === undefined) return "deleted";
    return StoreError.is(error) ? error.code : "no StoreError";
  });
}

/** deleteMany. */
export const deleteManyCases: readonly ConformanceCase[] = [
  {
    id: "delete-many/mixed",
    title: "results come in the order of the names, and a missing one does not stop the others",
    run: async ({ backend }) => {
      for (const name of ["a", "data/b", "data/c", "kept"]) await backend.store(name, value);
      const names = ["data/c", "none/x", "a", "data/none", "data/b"];
      const results = await backend.deleteMany(names);
      assert.deepEqual(
        results.map(({ name }) => name),
        names,
      );
      assert.deepEqual(codesOf(results), ["deleted", "NOT_FOUND", "deleted", "NOT_FOUND", "deleted"]);
      for (const name of names) await isAbsent(backend, name);
      await holds(backend, "kept", value);
    },
  },
  {
    id: "delete-many/directory",
    title: "a directory among the names is refused with IS_DIRECTORY, and the others are deleted",
    requires: ["directories"],
    run: async ({ backend }) => {
      for (const name of ["a/b", "c", "d"]) await backend.store(name, value);
      const results = await backend.deleteMany(["c", "a", "d"]);
      assert.deepEqual(codesOf(results), ["deleted", "IS_DIRECTORY", "deleted"]);
      await holds(backend, "a/b", value);
      assert.deepEqual(await listNames(backend, ""), ["a/"]);
    },
  },
  {
    id: "delete-many/many",
    title: "more names than fit into one request are deleted all, from any iterable",
    isLong: true,
    run: async ({ backend }) => {
      const names = Array.from({ length: 1_100 }, (_unused, i) => `data/${i}`);
      await Promise.all(names.map((name) => backend.store(name, value)));
      await backend.store("data/kept", value);
      const wanted = [...names.slice(0, 600), "data/none", ...names.slice(600)];
      const results = await backend.deleteMany(wanted.values());
      assert.deepEqual(
        results.map(({ name }) => name),
        wanted,
      );
      assert.deepEqual(
        results.filter(({ error }) => error !== undefined).map(({ name }) => name),
        ["data/none"],
      );
      assert.deepEqual(await listNames(backend, "data"), ["kept"]);
    },
  },
  {
    id: "delete-many/wrong-names",
    title: "names that are a string or cannot be iterated are refused with INVALID_ARGUMENT",
    run: async ({ backend }) => {
      await backend.store("a", value);
      for (const names of ["a", 5, null, undefined, {}]) {
        await rejectsWith(
          () => backend.deleteMany(names as Iterable<string>),
          "INVALID_ARGUMENT",
          `names of type ${typeof names}`,
        );
      }
      await holds(backend, "a", value);
    },
  },
  {
    id: "delete-many/none",
    title: "no names give no results",
    run: async ({ backend }) => {
      assert.deepEqual(await backend.deleteMany([]), []);
    },
  },
];
