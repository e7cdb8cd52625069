import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { posixfs } from "@borgstore/backend-posixfs";
import { openStore, StoreError, type Store } from "@borgstore/core";
import { beforeAll, describe, expect, test } from "vitest";
import { goldenStores, unpackGoldenStores, type GoldenItem, type GoldenStore } from "./golden.ts";
import { checkGoldenItems, checkGoldenListing, listedNames } from "./golden-reading.ts";
import { filesBelow, fileUrl, temporaryDirectory } from "./temp-directory.ts";

const root = temporaryDirectory();
const golden = path.join(root, "golden");
beforeAll(() => {
  mkdirSync(golden);
  unpackGoldenStores(golden);
});

async function open(directory: string, namespaces: GoldenStore["config"], create = false): Promise<Store> {
  return await openStore(fileUrl(directory), { backends: [posixfs], namespaces, create });
}

describe.each(Object.entries(goldenStores))("the reference's store %s", (storeName, expected) => {
  const directory = path.join(golden, storeName);

  test("holds the files of the manifest", () => {
    expect(Object.keys(filesBelow(directory)).sort()).toEqual(Object.keys(expected.files).sort());
  });

  test("every item is loaded, described and hashed as it was stored", async () => {
    await using store = await open(directory, expected.config);
    expect(await checkGoldenItems(store, expected)).toBeGreaterThan(0);
  });

  test("lists exactly the items, in order, with their sizes", async () => {
    await using store = await open(directory, expected.config);
    expect(await checkGoldenListing(store, expected)).toBe(expected.items.length);
  });

  test("opening, reading and closing leaves the files as they were", async () => {
    const before = filesBelow(directory);
    {
      await using store = await open(directory, expected.config);
      for (const namespace of Object.keys(expected.listing)) await listedNames(store, namespace, false);
    }
    // The quota file belongs to sessions with a quota: without one it is removed, as by the reference.
    delete before["quota.hid"];
    const after = filesBelow(directory);
    delete after["quota.hid"];
    expect(after).toEqual(before);
  });

  // Keys that are too short for their level are refused here, see below.
  if (storeName === "shortkeys") return;
  test("the same operations done here make the same files", async () => {
    const copy = path.join(root, `copy-of-${storeName}`);
    const itemsByLevel = groupByLevel(expected);
    for (const [level, items] of itemsByLevel) {
      const config = Object.fromEntries(
        Object.entries(expected.config).map(([namespace, { levels }]) => [
          namespace,
          { levels: levels.length === 1 ? levels : [level] },
        ]),
      );
      await using store = await open(copy, config, true);
      // Soft-deleted first: a live item of the same key comes to stand beside it.
      for (const item of [...items].sort((a, b) => Number(b.deleted) - Number(a.deleted))) {
        await store.store(item.name, readFileSync(path.join(directory, item.nested)));
        if (item.deleted) await store.softDelete(item.name);
      }
    }
    const nested = new Set(expected.items.map((item) => item.nested));
    const wanted = Object.entries(expected.files).filter(([file]) => nested.has(file));
    expect(filesBelow(copy)).toEqual(Object.fromEntries(wanted));
  });
});

/** Items by the nesting level at which they stand; one group where each namespace has one level. */
function groupByLevel(store: GoldenStore): Map<number, GoldenItem[]> {
  const groups = new Map<number, GoldenItem[]>();
  const hasSeveralLevels = Object.values(store.config).some(({ levels }) => levels.length > 1);
  for (const item of store.items) {
    const level = hasSeveralLevels ? item.nested.split("/").length - item.name.split("/").length : 0;
    groups.set(level, [...(groups.get(level) ?? []), item]);
  }
  return groups;
}

test("keys that are too short for their level can be moved and deleted, not stored", async () => {
  const directory = path.join(root, "short");
  mkdirSync(path.join(directory, "data/a"), { recursive: true });
  mkdirSync(path.join(directory, "data/ab/c"), { recursive: true });
  writeFileSync(path.join(directory, "data/a/a"), "one");
  writeFileSync(path.join(directory, "data/ab/c/abc"), "two");
  await using store = await open(directory, { data: { levels: [3] } });
  await store.move("data/a", "data/abcdef");
  expect(Object.keys(filesBelow(directory))).toEqual(["data/ab/c/abc", "data/ab/cd/ef/abcdef"]);
  await store.delete("data/abc");
  for (const refused of [
    store.store("data/abcde", new Uint8Array(1)),
    store.move("data/abcdef", "data/abcde"),
  ]) {
    await expect(refused).rejects.toSatisfy((error) => StoreError.is(error, "INVALID_NAME"));
  }
  expect(Object.keys(filesBelow(directory))).toEqual(["data/ab/cd/ef/abcdef"]);
});
