import assert from "node:assert/strict";
import type { Backend } from "@borgstore/core";
import { bytesOf, listItems, listNames, rejectsWith } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

async function storeAll(backend: Backend, names: readonly string[]): Promise<void> {
  for (const name of names) await backend.store(name, value);
}

/** list, of storages that nobody changes meanwhile. */
export const listCases: readonly ConformanceCase[] = [
  {
    id: "list/directory",
    title: "a listing shows the objects and directories of one directory, and nothing of others",
    run: async ({ backend }) => {
      await storeAll(backend, ["data/a", "data/x/b", "data/x/y/c", "data2/d", "dat", "top"]);
      const items = await listItems(backend, "data");
      assert.deepEqual(
        items.map(({ name, exists, isDirectory }) => ({ name, exists, isDirectory })),
        [
          { name: "a", exists: true, isDirectory: false },
          { name: "x", exists: true, isDirectory: true },
        ],
      );
      assert.deepEqual(await listNames(backend, "data/x"), ["b", "y/"]);
    },
  },
  {
    id: "list/root",
    title: "the empty name lists the root",
    run: async ({ backend }) => {
      assert.deepEqual(await listNames(backend, ""), []);
      await storeAll(backend, ["b", "a/c"]);
      assert.deepEqual(await listNames(backend, ""), ["a/", "b"]);
    },
  },
  {
    id: "list/recursive",
    title: "a recursive listing shows all objects below by their relative paths, and no directories",
    run: async ({ backend }) => {
      await storeAll(backend, ["data/a", "data/x/b", "data/x/y/c", "data2/d", "top"]);
      await backend.mkdir("data/empty/inner");
      assert.deepEqual(await listNames(backend, "data", { recursive: true }), ["a", "x/b", "x/y/c"]);
      assert.deepEqual(await listNames(backend, "data/x", { recursive: true }), ["b", "y/c"]);
      const all = ["data/a", "data/x/b", "data/x/y/c", "data2/d", "top"];
      assert.deepEqual(await listNames(backend, "", { recursive: true }), all);
    },
  },
  {
    id: "list/order",
    title: "entries come in the order of their bytes, a directory comparing as its name with a slash",
    run: async ({ backend }) => {
      await storeAll(backend, [
        "d/ab",
        "d/a/x",
        "d/a-",
        "d/a0",
        "d/a.",
        "d/~",
        "d/!",
        "d/_",
        "d/10",
        "d/9",
        "d/a.b/y",
      ]);
      assert.deepEqual(await listNames(backend, "d"), [
        "!",
        "10",
        "9",
        "_",
        "a-",
        "a.",
        "a.b/",
        "a/",
        "a0",
        "ab",
        "~",
      ]);
    },
  },
  {
    id: "list/order-recursive",
    title: "a recursive listing comes in the order of the bytes of the relative paths",
    run: async ({ backend }) => {
      const names = ["a!", "a-/z", "a.", "a.b/y", "a/b-", "a/b/c", "a/c/d", "a0", "b"];
      await storeAll(
        backend,
        names.toReversed().map((name) => `d/${name}`),
      );
      assert.deepEqual(await listNames(backend, "d", { recursive: true }), names);
    },
  },
  {
    id: "list/pages",
    title: "2,500 entries come in pages of up to about 1,000, none missing and none doubled",
    isLong: true,
    run: async ({ backend }) => {
      const names = Array.from({ length: 2_500 }, (_unused, i) => i.toString(16).padStart(4, "0"));
      await Promise.all(names.map((name) => backend.store(`data/${name}`, value)));
      for (const recursive of [false, true]) {
        const seen: string[] = [];
        for await (const page of backend.list("data", { recursive })) {
          assert.ok(page.length > 0 && page.length <= 1_100, `a page has ${page.length} entries`);
          seen.push(...page.map(({ name }) => name));
        }
        assert.deepEqual(seen, names, `recursive: ${recursive}`);
      }
    },
  },
  {
    id: "list/sizes",
    title: "sizes are those of the values; without sizes they are −1 or right",
    run: async ({ backend, random }) => {
      const sizes = [0, 1, 1_000, 70_000];
      for (const size of sizes) await backend.store(`data/${size}`, random.bytes(size));
      await backend.store("data/x/1", value);
      for (const recursive of [false, true]) {
        for (const item of await listItems(backend, "data", { recursive })) {
          const expected = item.isDirectory ? 0 : item.name === "x/1" ? value.length : Number(item.name);
          assert.equal(item.size, expected, `the size of ${item.name}`);
        }
        for (const item of await listItems(backend, "data", { recursive, sizes: false })) {
          const expected = item.isDirectory ? 0 : item.name === "x/1" ? value.length : Number(item.name);
          assert.ok(item.size === -1 || item.size === expected, `the size of ${item.name} is ${item.size}`);
        }
      }
    },
  },
  {
    id: "list/without-sizes",
    title: "a listing without sizes shows the same entries",
    run: async ({ backend }) => {
      await storeAll(backend, ["data/a", "data/x/b", "data/z"]);
      assert.deepEqual(await listNames(backend, "data", { sizes: false }), ["a", "x/", "z"]);
      assert.deepEqual(await listNames(backend, "data", { sizes: false, recursive: true }), [
        "a",
        "x/b",
        "z",
      ]);
    },
  },
  {
    id: "list/missing",
    title: "a listing of a directory that does not exist yields nothing",
    run: async ({ backend }) => {
      await backend.store("data/a", value);
      for (const name of ["none", "data/none", "none/none", "dat"]) {
        assert.deepEqual(await listNames(backend, name), [], name);
        assert.deepEqual(await listNames(backend, name, { recursive: true }), [], `${name}, recursive`);
      }
    },
  },
  {
    id: "list/empty-directory",
    title: "a listing of an empty directory yields nothing, and the one above it shows it",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.mkdir("data/empty");
      assert.deepEqual(await listNames(backend, "data/empty"), []);
      assert.deepEqual(await listNames(backend, "data"), ["empty/"]);
    },
  },
  {
    id: "list/object",
    title: "a listing of an object fails with NOT_A_DIRECTORY, out of the iteration",
    requires: ["directories"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      await rejectsWith(() => listNames(backend, "a"), "NOT_A_DIRECTORY");
      await rejectsWith(() => listNames(backend, "a", { recursive: true }), "NOT_A_DIRECTORY", "recursive");
    },
  },
  {
    id: "list/no-prefix",
    title: "without directories a listing of an object's name yields nothing",
    requires: ["!directories"],
    run: async ({ backend }) => {
      await backend.store("a", value);
      assert.deepEqual(await listNames(backend, "a"), []);
    },
  },
  {
    id: "list/hidden",
    title: "temporary, hidden and otherwise invalid names are not shown",
    requires: ["plant"],
    run: async ({ backend, plant }) => {
      await storeAll(backend, ["data/a", "data/x/b"]);
      const foreign = [
        "data/a.tmp",
        "data/quota.hid",
        "data/UPPER",
        "data/with blank",
        "data/x/c.tmp",
        "data/x/Y",
        "data/dir.tmp/inner",
        `data/${"l".repeat(96)}`,
        "top.tmp",
        "TOP",
      ];
      for (const name of foreign) await plant(name, value);
      assert.deepEqual(await listNames(backend, "data"), ["a", "x/"]);
      assert.deepEqual(await listNames(backend, "data/x"), ["b"]);
      assert.deepEqual(await listNames(backend, ""), ["data/"]);
      assert.deepEqual(await listNames(backend, "", { recursive: true }), ["data/a", "data/x/b"]);
    },
  },
  {
    id: "list/deleted-suffix",
    title: "names with the suffix of soft deletion are shown as they are",
    run: async ({ backend }) => {
      await storeAll(backend, ["data/a.del", "data/b", "data/b.del"]);
      assert.deepEqual(await listNames(backend, "data"), ["a.del", "b", "b.del"]);
    },
  },
];
