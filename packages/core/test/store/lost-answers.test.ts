import { expect, test } from "vitest";
import { intercept, Store, type Backend, type StoreError } from "../../src/index.ts";
import { openMemory, withScript, type Fault } from "../layers/support.ts";
import { bytes, collect, text } from "./helpers.ts";

const namespaces = { data: { levels: [1, 2] } };
const high = "data/01/23/0123";

/** A store with two levels over a backend that fails by a script and is tried again. */
function retriedStore(backend: Backend, script: readonly Fault[]): Store {
  const layers = { retry: { sleep: () => Promise.resolve() } };
  return new Store({ backend: withScript(backend, script), namespaces, layers });
}

// A repeated call that finds nothing takes that for its own work. On a level where nothing ever was, it is not.

test("a delete whose first request fails on a level where the item is not deletes it where it is", async () => {
  const backend = await openMemory();
  await backend.store(high, bytes("x"));
  await retriedStore(backend, [{ operation: "delete" }]).delete("data/0123");
  expect((await backend.info(high)).exists).toBe(false);
});

test("a rename onto an existing item does not pass for done when its first request fails", async () => {
  const backend = await openMemory();
  await backend.store(high, bytes("new"));
  await backend.store("data/ff/ff/ffff", bytes("old"));
  await retriedStore(backend, [{ operation: "move" }]).move("data/0123", "data/ffff");
  expect(text(await backend.load("data/ff/ff/ffff"))).toBe("new");
  expect((await backend.info(high)).exists).toBe(false);
});

test("a soft deletion over an older one does not pass for done when its first request fails", async () => {
  const backend = await openMemory();
  await backend.store(high, bytes("new"));
  await backend.store(`${high}.del`, bytes("old"));
  await retriedStore(backend, [{ operation: "move" }]).softDelete("data/0123");
  expect(text(await backend.load(`${high}.del`))).toBe("new");
  expect((await backend.info(high)).exists).toBe(false);
});

test("an answer that was lost on the level of the item is still taken for done", async () => {
  const backend = await openMemory();
  for (const place of ["data/01/0123", high]) {
    await backend.store(place, bytes("x"));
    await retriedStore(backend, [{ operation: "delete", when: "after" }]).delete("data/0123");
    expect((await backend.info(place)).exists).toBe(false);
  }
});

test("a change meets an item that moves to the last level after it was found on the first", async () => {
  const backend = await openMemory();
  await backend.store("data/01/0123", bytes("x"));
  const racing = intercept(backend, {
    label: "race",
    async call(call, next) {
      if (call.operation === "delete" && call.name === "data/01/0123") await backend.move(call.name, high);
      return await next(call);
    },
    iterate: (call, next) => next(call),
  });
  await new Store({ backend: racing, namespaces }).delete("data/0123");
  expect((await backend.info(high)).exists).toBe(false);
});

test("a stream meets an item that moves to the last level while it is looked for", async () => {
  const backend = await openMemory();
  await backend.store("data/01/0123", bytes("x"));
  const racing = intercept(backend, {
    label: "race",
    call: (call, next) => next(call),
    async *iterate(call, next) {
      if (call.name === "data/01/0123") await backend.move(call.name, high);
      yield* next(call);
    },
  });
  const pieces = await collect(new Store({ backend: racing, namespaces }).loadStream("data/0123"));
  expect(pieces.map(text)).toEqual(["x"]);
});

test("when a bulk delete fails as a whole, each name has an error of its own with its key", async () => {
  const backend = withScript(await openMemory(), [{ operation: "deleteMany" }]);
  const store = new Store({ backend, namespaces: { "": { levels: [0] } } });
  const errors = (await collect(store.deleteMany(["a", "b"]))).map(({ error }) => error as StoreError);
  expect(errors.map(({ key, code, retryable }) => [key, code, retryable])).toEqual([
    ["a", "CONNECTION", true],
    ["b", "CONNECTION", true],
  ]);
});

test("a name for which a bulk delete has no result does not pass for deleted", async () => {
  const backend = await openMemory({}, () => ({ deleteMany: () => Promise.resolve([{ name: "a" }]) }));
  const store = new Store({ backend, namespaces: { "": { levels: [0] } } });
  const results = await collect(store.deleteMany(["a", "b"]));
  expect(results[0]?.error).toBeUndefined();
  expect(results[1]?.error).toMatchObject({ code: "UNEXPECTED", key: "b" });
});
