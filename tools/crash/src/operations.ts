import type { Store } from "@borgstore/core";

/** Live and soft-deleted items of a store: `name` → value, with `:deleted` behind the names of the latter. */
export type Items = ReadonlyMap<string, string>;

/** One thing done to a store, and what the store holds afterwards. */
export interface StoreOperation {
  readonly name: string;
  perform(store: Store): Promise<unknown>;
  /** `undefined` when it must fail and change nothing. */
  expected(items: Items): Items | undefined;
}

const encoder = new TextEncoder();

/** The items that a store holds before the first operation; all of them on disk. */
export const initialItems: Items = new Map([
  ["data/aaaa1111", "old value of the first"],
  ["data/bbbb2222", "old value of the second"],
  ["data/cccc3333:deleted", "value that was deleted"],
  ["config/x", "x"],
]);

function changed(items: Items, change: (copy: Map<string, string>) => void): Items {
  const copy = new Map(items);
  change(copy);
  return copy;
}

function storing(name: string, item: string, value: string): StoreOperation {
  return {
    name,
    perform: (store) => store.store(item, encoder.encode(value)),
    expected: (items) => changed(items, (copy) => copy.set(item, value)),
  };
}

function moving(name: string, from: string, to: string, perform: StoreOperation["perform"]): StoreOperation {
  return {
    name,
    perform,
    expected: (items) => {
      const value = items.get(from);
      if (value === undefined) return undefined;
      return changed(items, (copy) => {
        copy.delete(from);
        copy.set(to, value);
      });
    },
  };
}

/** Makes durable what was done; changes nothing. */
export const syncing: StoreOperation = {
  name: "sync",
  perform: (store) => store.sync(),
  expected: (items) => items,
};

/** The alphabet of the sequences. */
export const operations: readonly StoreOperation[] = [
  syncing,
  storing("store new", "data/dddd4444", "a new value"),
  storing("replace", "data/aaaa1111", "a second value, which is longer than the first one was"),
  {
    name: "store if absent",
    perform: (store) => store.store("data/eeee5555", encoder.encode("created once"), { ifAbsent: true }),
    expected: (items) =>
      items.has("data/eeee5555")
        ? undefined
        : changed(items, (copy) => copy.set("data/eeee5555", "created once")),
  },
  {
    name: "store stream",
    perform: (store) =>
      store.storeStream("data/ffff6666", [encoder.encode("first half, "), encoder.encode("second half")]),
    expected: (items) => changed(items, (copy) => copy.set("data/ffff6666", "first half, second half")),
  },
  moving("move", "data/aaaa1111", "data/9999aaaa", (store) => store.move("data/aaaa1111", "data/9999aaaa")),
  moving("move over", "data/bbbb2222", "data/aaaa1111", (store) =>
    store.move("data/bbbb2222", "data/aaaa1111"),
  ),
  moving("move to namespace", "data/bbbb2222", "config/b", (store) =>
    store.move("data/bbbb2222", "config/b"),
  ),
  moving("soft delete", "data/aaaa1111", "data/aaaa1111:deleted", (store) =>
    store.softDelete("data/aaaa1111"),
  ),
  moving("undelete", "data/cccc3333:deleted", "data/cccc3333", (store) => store.undelete("data/cccc3333")),
  {
    name: "delete",
    perform: (store) => store.delete("data/bbbb2222"),
    expected: (items) =>
      items.has("data/bbbb2222") ? changed(items, (copy) => copy.delete("data/bbbb2222")) : undefined,
  },
];

/** All sequences of `length` operations. */
export function* sequences(length: number): Generator<readonly StoreOperation[], void, undefined> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const shorter of sequences(length - 1)) {
    for (const operation of operations) yield [...shorter, operation];
  }
}
