import assert from "node:assert/strict";
import { bytesOf, isAbsent, listNames } from "../assertions.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const value = bytesOf("value");

function hexNames(count: number): string[] {
  return Array.from({ length: count }, (_unused, i) => i.toString(16).padStart(4, "0"));
}

/** list as a process: laziness, stopping, and storages that change meanwhile. */
export const listChangingCases: readonly ConformanceCase[] = [
  {
    id: "list/lazy",
    title: "nothing happens before the iteration starts",
    run: async ({ backend }) => {
      const listing = backend.list("data");
      await backend.store("data/a", value);
      const seen: string[] = [];
      for await (const page of listing) seen.push(...page.map(({ name }) => name));
      assert.deepEqual(seen, ["a"]);
    },
  },
  {
    id: "list/stopped",
    title: "a listing that is stopped early lets go of everything",
    isLong: true,
    run: async ({ backend }) => {
      await Promise.all(hexNames(1_200).map((name) => backend.store(`data/${name}`, value)));
      for (let i = 0; i < 5; i++) {
        for await (const page of backend.list("data")) {
          assert.ok(page.length > 0);
          break;
        }
      }
      await backend.delete("data/0000");
      await backend.close();
      await backend.open();
      await isAbsent(backend, "data/0000");
    },
  },
  {
    id: "list/deleting",
    title: "while objects are deleted, those that stay are listed once each",
    isLong: true,
    run: async ({ backend }) => {
      const names = hexNames(2_500);
      await Promise.all(names.map((name) => backend.store(`data/${name}`, value)));
      const doomed = new Set(names.filter((_name, i) => i % 3 === 1));
      let isFirst = true;
      const seen: string[] = [];
      for await (const page of backend.list("data")) {
        seen.push(...page.map(({ name }) => name));
        if (!isFirst) continue;
        isFirst = false;
        await Promise.all([...doomed].map((name) => backend.delete(`data/${name}`)));
      }
      assert.equal(new Set(seen).size, seen.length, "an entry is doubled");
      assert.deepEqual(
        seen.filter((name) => !doomed.has(name)),
        names.filter((name) => !doomed.has(name)),
      );
    },
  },
  {
    id: "list/deleting-all",
    title: "each page can be deleted as it comes, until nothing is left",
    isLong: true,
    run: async ({ backend }) => {
      const names = hexNames(1_300);
      await Promise.all(names.map((name) => backend.store(`data/${name}`, value)));
      let count = 0;
      for await (const page of backend.list("data", { recursive: true, sizes: false })) {
        for (const { error } of await backend.deleteMany(page.map(({ name }) => `data/${name}`))) {
          assert.equal(error, undefined);
        }
        count += page.length;
      }
      assert.equal(count, names.length);
      assert.deepEqual(await listNames(backend, "data"), []);
    },
  },
  {
    id: "list/storing",
    title: "while objects are stored, those that were there before are listed once each",
    isLong: true,
    run: async ({ backend }) => {
      const names = hexNames(1_500);
      await Promise.all(names.map((name) => backend.store(`data/${name}`, value)));
      let isFirst = true;
      const seen: string[] = [];
      for await (const page of backend.list("data")) {
        seen.push(...page.map(({ name }) => name));
        if (!isFirst) continue;
        isFirst = false;
        await Promise.all(names.slice(0, 400).map((name) => backend.store(`data/${name}-new`, value)));
      }
      assert.equal(new Set(seen).size, seen.length, "an entry is doubled");
      assert.deepEqual(
        seen.filter((name) => !name.endsWith("-new")),
        names,
      );
    },
  },
  {
    id: "list/at-once",
    title: "several listings at a time do not disturb each other",
    isLong: true,
    run: async ({ backend }) => {
      const names = hexNames(1_100);
      await Promise.all(names.map((name) => backend.store(`data/${name}`, value)));
      await backend.store("other/a", value);
      const listings = await Promise.all([
        listNames(backend, "data"),
        listNames(backend, "other"),
        listNames(backend, "data", { recursive: true }),
      ]);
      assert.deepEqual(listings, [names, ["a"], names]);
    },
  },
];
