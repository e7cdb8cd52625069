import type { Store } from "@borgstore/core";
import { expect } from "vitest";
import type { GoldenStore } from "./golden.ts";
import { sha256 } from "./temp-directory.ts";

/** The names of a namespace, in the order of the listing. */
export async function listedNames(store: Store, namespace: string, deleted: boolean): Promise<string[]> {
  const names: string[] = [];
  for await (const item of store.list(namespace, { deleted })) {
    expect(item.deleted ?? false).toBe(deleted);
    names.push(item.name);
  }
  return names;
}

/**
 * Every item is loaded, in whole and in part, described and hashed as the reference stored it. Returns how many that
 * were.
 */
export async function checkGoldenItems(store: Store, { items }: GoldenStore): Promise<number> {
  for (const { name, deleted, size, sha256: digest } of items) {
    const value = await store.load(name, { deleted });
    expect(value.byteLength).toBe(size);
    expect(sha256(value)).toBe(digest);
    expect(await store.hash(name, "sha256", { deleted })).toBe(digest);
    expect(await store.info(name, { deleted })).toMatchObject({
      name,
      exists: true,
      size,
      isDirectory: false,
    });
    expect(await store.load(name, { deleted, offset: -3 })).toEqual(value.slice(-3));
  }
  return items.length;
}

/** Exactly the items are listed, in order, with their sizes. Returns how many that were. */
export async function checkGoldenListing(store: Store, { items, listing }: GoldenStore): Promise<number> {
  let count = 0;
  const sizes = new Map(items.filter((item) => !item.deleted).map((item) => [item.name, item.size]));
  for (const [namespace, { live, deleted, ordered }] of Object.entries(listing)) {
    for (const [wanted, isDeleted] of [
      [live, false],
      [deleted, true],
    ] as const) {
      const names = await listedNames(store, namespace, isDeleted);
      count += names.length;
      const inOrder = (each: readonly string[]): readonly string[] => (ordered ? each : [...each].sort());
      expect(inOrder(names)).toEqual(inOrder(wanted));
    }
    for await (const { name, size } of store.list(namespace)) {
      expect(size).toBe(sizes.get(namespace === "" ? name : `${namespace}/${name}`));
    }
  }
  return count;
}
