import assert from "node:assert/strict";
import { bytesOf, listItems } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

/** Between 2001 and 2286: true for a time in ms of our days, false for one in seconds or microseconds. */
function isPlausibleMs(time: number | undefined): boolean {
  return time !== undefined && time > 1e12 && time < 1e13;
}

/** info. */
export const infoCases: readonly ConformanceCase[] = [
  {
    id: "info/missing",
    title: "info of what does not exist says so, with size 0",
    run: async ({ backend }) => {
      for (const name of ["a", "a/b/c"]) {
        const { exists, size, isDirectory } = await backend.info(name);
        assert.deepEqual({ exists, size, isDirectory }, { exists: false, size: 0, isDirectory: false });
      }
    },
  },
  {
    id: "info/below-object",
    title: "info below an object says that nothing is there",
    run: async ({ backend }) => {
      await backend.store("a", value);
      assert.equal((await backend.info("a/b")).exists, false);
      assert.equal((await backend.info("a/b/c")).exists, false);
    },
  },
  {
    id: "info/name",
    title: "info carries the name asked for, also of what does not exist",
    run: async ({ backend }) => {
      await backend.store("data/aa/aabb", value);
      assert.equal((await backend.info("data/aa/aabb")).name, "data/aa/aabb");
      assert.equal((await backend.info("data/aa/none")).name, "data/aa/none");
      assert.equal((await backend.info("data/aa")).name, "data/aa");
    },
  },
  {
    id: "info/size",
    title: "info tells the size in bytes of an object",
    run: async ({ backend, random }) => {
      for (const size of [0, 1, 255, 256, 70_001]) {
        const name = `data/size-${size}`;
        await backend.store(name, random.bytes(size));
        const item = await backend.info(name);
        assert.deepEqual([item.exists, item.size, item.isDirectory], [true, size, false]);
      }
    },
  },
  {
    id: "info/directory",
    title: "info of a directory says that it is one, with size 0",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      const { exists, size, isDirectory } = await backend.info("a");
      assert.deepEqual({ exists, size, isDirectory }, { exists: true, size: 0, isDirectory: true });
    },
  },
  {
    id: "info/prefix",
    title: "without directories info does not look for them",
    requires: ["!directories"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      assert.equal((await backend.info("a")).exists, false);
    },
  },
  {
    id: "info/times",
    title: "times, where there are any, are in ms since 1970, in listings too",
    run: async ({ backend }) => {
      await backend.store("a", value);
      for (const item of [await backend.info("a"), ...(await listItems(backend, ""))]) {
        const { accessedAtMs, modifiedAtMs } = item;
        if (accessedAtMs !== undefined)
          assert.ok(isPlausibleMs(accessedAtMs), `accessedAtMs ${accessedAtMs}`);
        if (modifiedAtMs !== undefined)
          assert.ok(isPlausibleMs(modifiedAtMs), `modifiedAtMs ${modifiedAtMs}`);
      }
    },
  },
  {
    id: "info/access-time",
    title: "info and listings with sizes carry the time of the last access",
    requires: ["accessTime"],
    run: async ({ backend }) => {
      await backend.store("a/b", value);
      assert.ok(isPlausibleMs((await backend.info("a/b")).accessedAtMs), "info has no accessedAtMs");
      const [item] = await listItems(backend, "a");
      assert.ok(isPlausibleMs(item?.accessedAtMs), "the listing has no accessedAtMs");
      const [deep] = await listItems(backend, "", { recursive: true });
      assert.ok(isPlausibleMs(deep?.accessedAtMs), "the recursive listing has no accessedAtMs");
    },
  },
];
