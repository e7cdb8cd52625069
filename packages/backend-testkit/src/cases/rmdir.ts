import assert from "node:assert/strict";
import { bytesOf, holds, listNames, outcomeOf, rejectsWith } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

/** rmdir. */
export const rmdirCases: readonly ConformanceCase[] = [
  {
    id: "rmdir/empty",
    title: "rmdir removes an empty directory and leaves the one above it",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.mkdir("a/b");
      await backend.rmdir("a/b");
      assert.equal((await backend.info("a/b")).exists, false);
      assert.deepEqual(await listNames(backend, "a"), []);
      assert.equal((await backend.info("a")).isDirectory, true);
    },
  },
  {
    id: "rmdir/non-empty",
    title: "rmdir of a directory that holds an object is refused with NOT_EMPTY",
    run: async ({ backend }) => {
      await backend.store("a/b/c", value);
      await rejectsWith(() => backend.rmdir("a/b"), "NOT_EMPTY");
      await rejectsWith(() => backend.rmdir("a"), "NOT_EMPTY");
      await holds(backend, "a/b/c", value);
    },
  },
  {
    id: "rmdir/holds-directory",
    title: "rmdir of a directory that holds only an empty directory is refused with NOT_EMPTY",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.mkdir("a/b");
      await rejectsWith(() => backend.rmdir("a"), "NOT_EMPTY");
      assert.equal((await backend.info("a/b")).isDirectory, true);
    },
  },
  {
    id: "rmdir/holds-hidden",
    title: "rmdir of a directory that holds only what listings do not show is refused with NOT_EMPTY",
    requires: ["plant"],
    run: async ({ backend, plant }) => {
      await plant("a/left-over.tmp", value);
      await rejectsWith(() => backend.rmdir("a"), "NOT_EMPTY");
    },
  },
  {
    id: "rmdir/root",
    title: "the root is never removed: the empty name is INVALID_NAME",
    run: async ({ backend }) => {
      await rejectsWith(() => backend.rmdir(""), "INVALID_NAME");
      await backend.store("a", value);
      await backend.close();
      await backend.open();
      await holds(backend, "a", value);
    },
  },
  {
    id: "rmdir/missing",
    title: "rmdir of what does not exist rejects with NOT_FOUND",
    requires: ["directories"],
    run: async ({ backend }) => {
      await rejectsWith(() => backend.rmdir("a"), "NOT_FOUND");
      await rejectsWith(() => backend.rmdir("a/b"), "NOT_FOUND");
    },
  },
  {
    id: "rmdir/absent",
    title: "without directories rmdir of what does not exist is fine",
    requires: ["!directories"],
    run: async ({ backend }) => {
      await backend.rmdir("a");
      await backend.store("a/b", value);
      await backend.delete("a/b");
      await backend.rmdir("a");
    },
  },
  {
    id: "rmdir/object",
    title: "rmdir of an object is refused with NOT_A_DIRECTORY and keeps it",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      await rejectsWith(() => backend.rmdir("a"), "NOT_A_DIRECTORY");
      await holds(backend, "a", value);
    },
  },
  {
    id: "rmdir/never-an-object",
    title: "without directories rmdir does not remove an object of the name",
    requires: ["!directories"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      await outcomeOf(() => backend.rmdir("a"));
      await holds(backend, "a", value);
    },
  },
];
