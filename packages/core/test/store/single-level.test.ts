import { describe, expect, test } from "vitest";
import { Store } from "../../src/index.ts";
import { bytes, collect, failure, namesOf, openBench, text } from "./helpers.ts";

const namespaces = { data: { levels: [2] }, config: { levels: [0] } };
const name = "data/0123456789";
const place = "data/01/23/0123456789";

describe("with one level, each operation is one call of the backend", () => {
  test.each<[string, (store: Store) => Promise<unknown>, string[]]>([
    ["info", (store) => store.info(name), [`info ${place}`]],
    ["load", (store) => store.load(name), [`load ${place}`]],
    ["loadStream", (store) => collect(store.loadStream(name)), [`loadStream ${place}`]],
    ["store", (store) => store.store(name, bytes("new")), [`store ${place}`]],
    [
      "store if absent",
      (store) => store.store("data/ffff", bytes("x"), { ifAbsent: true }),
      ["store data/ff/ff/ffff"],
    ],
    ["storeStream", (store) => store.storeStream(name, [bytes("new")]), [`storeStream ${place}`]],
    ["delete", (store) => store.delete(name), [`delete ${place}`]],
    ["move", (store) => store.move(name, "config/a"), [`move ${place}`]],
    ["softDelete", (store) => store.softDelete(name), [`move ${place}`]],
    ["undelete", (store) => store.undelete("data/gone"), ["move data/go/ne/gone.del"]],
    [
      "undelete and overwrite",
      (store) => store.undelete("data/gone", { overwrite: true }),
      ["move data/go/ne/gone.del"],
    ],
    ["changeLevel", (store) => store.changeLevel(name), [`move ${place}`]],
    ["list", (store) => namesOf(store.list("data")), ["list data"]],
    ["hash", (store) => store.hash(name), [`hash ${place}`]],
    ["quota", (store) => store.quota(), ["quota"]],
    ["sync", (store) => store.sync(), ["sync"]],
    [
      "deleteMany",
      (store) => collect(store.deleteMany([name, { name: "data/gone", deleted: true }])),
      ["deleteMany"],
    ],
    [
      "defrag",
      (store) => store.defrag([{ name, offset: 0, size: 1 }], { namespace: "data", target: "joined" }),
      ["defrag"],
    ],
  ])("%s", async (_operation, run, expected) => {
    const { store, calls } = await openBench(namespaces);
    await store.store(name, bytes("value"));
    await store.store("data/gone", bytes("gone"));
    await store.softDelete("data/gone");
    calls.length = 0;
    await run(store);
    expect(calls).toEqual(expected);
  });
});

test("a store knows whether it is open, closes twice, and is disposed", async () => {
  const { store } = await openBench(namespaces);
  expect(store.isOpen).toBe(true);
  await store.close();
  await store.close();
  expect(store.isOpen).toBe(false);
  await failure(store.load(name), "NOT_OPEN");
  await store.open();
  {
    await using used = store;
    expect(used.isOpen).toBe(true);
  }
  expect(store.isOpen).toBe(false);
  await store.destroy();
  await failure(store.open(), "BACKEND_NOT_FOUND");
});

test("info tells the name asked for", async () => {
  const { store } = await openBench(namespaces);
  await store.store(name, bytes("value"));
  expect(await store.info(name)).toMatchObject({ name, exists: true, size: 5, isDirectory: false });
  expect(await store.info(name)).not.toHaveProperty("deleted");
  expect(await store.info(name, { deleted: true })).toEqual({
    name,
    exists: false,
    size: 0,
    isDirectory: false,
  });
  await store.softDelete(name);
  expect(await store.info(name)).toMatchObject({ name, exists: false });
  expect(await store.info(name, { deleted: true })).toMatchObject({
    name,
    exists: true,
    size: 5,
    deleted: true,
  });
});

test("parts are loaded, clamped to the value", async () => {
  const { store } = await openBench(namespaces);
  await store.store(name, bytes("0123456789"));
  expect(text(await store.load(name, { offset: 2, size: 3 }))).toBe("234");
  expect(text(await store.load(name, { offset: -3 }))).toBe("789");
  expect(text(await store.load(name, { offset: 8, size: 100 }))).toBe("89");
});

test("errors speak of the method and the name that were asked for", async () => {
  const { store } = await openBench(namespaces);
  expect(await failure(store.load(name), "NOT_FOUND")).toMatchObject({ operation: "load", key: name });
  expect(await failure(store.softDelete(name), "NOT_FOUND")).toMatchObject({
    operation: "softDelete",
    key: name,
  });
  expect(await failure(store.undelete(name), "NOT_FOUND")).toMatchObject({
    operation: "undelete",
    key: name,
  });
  await store.store(name, bytes("a"));
  await store.store("data/ffff", bytes("b"));
  const error = await failure(store.move(name, "data/ffff", { ifAbsent: true }), "ALREADY_EXISTS");
  expect(error).toMatchObject({ operation: "move", key: "data/ffff", backend: "memory" });
});

describe("names that are no names of items are refused before any I/O", () => {
  test.each([
    "",
    "data/",
    "/data/x",
    "data//x",
    "data/../x",
    "data/A",
    "data/x y",
    "data/x.tmp",
    "data/x.del",
    "data/\u0000",
  ])("%j", async (bad) => {
    const { store, calls } = await openBench({ ...namespaces, "": { levels: [0] } });
    const attempts: (() => Promise<unknown>)[] = [
      () => store.info(bad),
      () => store.load(bad),
      () => store.store(bad, bytes("x")),
      () => store.delete(bad),
      () => store.move(bad, "config/x"),
      () => store.move("config/x", bad),
      () => store.softDelete(bad),
      () => store.undelete(bad),
      () => store.changeLevel(bad),
      () => store.hash(bad),
      () => collect(store.loadStream(bad)),
      () => store.storeStream(bad, []),
    ];
    for (const attempt of attempts) await failure(attempt(), "INVALID_NAME");
    expect(calls).toEqual([]);
  });
});

test("a key too short for its level is refused by store and as a new name, and read where it is", async () => {
  const { store, backend, places, calls } = await openBench(namespaces);
  const error = await failure(store.store("data/abc", bytes("x")), "INVALID_NAME");
  expect(error.message).toContain("at least 4 characters");
  await failure(store.storeStream("data/abc", [bytes("x")]), "INVALID_NAME");
  await failure(store.move("config/a", "data/abc"), "INVALID_NAME");
  expect(calls).toEqual([]);

  await backend.store("data/ab/c/abc", bytes("short"));
  expect(text(await store.load("data/abc"))).toBe("short");
  expect(await namesOf(store.list("data"))).toEqual(["abc"]);
  await store.softDelete("data/abc");
  await store.undelete("data/abc");
  await store.move("data/abc", "config/abc");
  expect(places()).toEqual(["config/abc"]);
});

test("a name that can be stored but not soft-deleted is refused by softDelete before any I/O", async () => {
  const { store, calls } = await openBench(namespaces);
  // 100 − "data/" − 2 × 3: as in the reference, 89 characters can be stored and 85 soft-deleted.
  const longest = `data/${"k".repeat(89)}`;
  await store.store(longest, bytes("x"));
  await failure(store.store(`data/${"k".repeat(90)}`, bytes("x")), "INVALID_NAME");
  calls.length = 0;
  const error = await failure(store.softDelete(longest), "INVALID_NAME");
  expect(error.message).toMatch(/\.del for soft deletion it has 104 characters/);
  expect(calls).toEqual([]);
  const deletable = `data/${"k".repeat(85)}`;
  await store.store(deletable, bytes("x"));
  await store.softDelete(deletable);
  expect(await namesOf(store.list("data", { deleted: true }))).toEqual(["k".repeat(85)]);
});

test("renaming goes across namespaces, replaces, and onto itself requires the item", async () => {
  const { store, places } = await openBench(namespaces);
  await store.store("config/abcd", bytes("a"));
  await store.store("data/abcd", bytes("b"));
  await store.move("config/abcd", "data/abcd");
  expect(places()).toEqual(["data/ab/cd/abcd"]);
  expect(text(await store.load("data/abcd"))).toBe("a");
  await store.move("data/abcd", "data/abcd");
  await failure(store.move("data/none", "data/none"), "NOT_FOUND");
  await store.softDelete("data/abcd");
  await store.move("data/abcd", "config/other", { deleted: true });
  expect(places()).toEqual(["config/other.del"]);
});

test("an aborted signal rejects with its reason and never reaches the medium", async () => {
  const { store, calls } = await openBench(namespaces);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  await expect(store.load(name, { signal })).rejects.toBe(reason);
  await expect(collect(store.list("data", { signal }))).rejects.toBe(reason);
  expect(calls.filter((call) => call.startsWith("list"))).toEqual([]);
  expect(store.stats.operations.load).toMatchObject({ calls: 0, failures: 1 });
});

test("a store says what it stands on", async () => {
  const { store } = await openBench(namespaces);
  expect(store.toString()).toBe(`store(${store.backend.toString()})`);
});
