import { describe, expect, test } from "vitest";
import { defineBackend, MemoryStorage, StoreError } from "../../src/index.ts";
import { MemoryDriver } from "../../src/memory/memory-driver.ts";
import { bytes, failure, limitedMemory, namesOf, openBench, text } from "./helpers.ts";

const namespaces = { data: { levels: [1] } };

test("a soft-deleted item is out of the way, and is there with deleted", async () => {
  const { store, places } = await openBench(namespaces);
  await store.store("data/abcd", bytes("one"));
  await store.softDelete("data/abcd");
  expect(places()).toEqual(["data/ab/abcd.del"]);
  await failure(store.load("data/abcd"), "NOT_FOUND");
  expect(text(await store.load("data/abcd", { deleted: true }))).toBe("one");
  expect(await store.hash("data/abcd", "sha256", { deleted: true })).toMatch(/^[0-9a-f]{64}$/);
  expect(await namesOf(store.list("data"))).toEqual([]);
  expect(await namesOf(store.list("data", { deleted: true }))).toEqual(["abcd"]);
  await store.undelete("data/abcd");
  expect(text(await store.load("data/abcd"))).toBe("one");
});

test("live and soft-deleted item of one name live side by side; a new soft deletion replaces the older one", async () => {
  const { store, places } = await openBench(namespaces);
  await store.store("data/abcd", bytes("one"));
  await store.softDelete("data/abcd");
  await store.store("data/abcd", bytes("two"));
  expect(places()).toEqual(["data/ab/abcd", "data/ab/abcd.del"]);
  await store.softDelete("data/abcd");
  expect(text(await store.load("data/abcd", { deleted: true }))).toBe("two");
  await store.delete("data/abcd", { deleted: true });
  expect(places()).toEqual([]);
});

describe.each([
  ["decides by itself", true, ["move"]],
  ["finds out that it can", "probe", ["move"]],
  ["cannot, so a look comes first", false, ["info", "info"]],
] as const)("undelete onto a live item, where the medium %s", (_how, createIfAbsent, expected) => {
  test("fails unless overwriting is asked for", async () => {
    const storage = new MemoryStorage();
    const { store, calls } = await openBench(namespaces, {
      backend: limitedMemory(storage, { createIfAbsent }),
    });
    await store.store("data/abcd", bytes("one"));
    await store.softDelete("data/abcd");
    await store.store("data/abcd", bytes("two"));
    calls.length = 0;
    const error = await failure(store.undelete("data/abcd"), "ALREADY_EXISTS");
    expect(error).toMatchObject({ key: "data/abcd", operation: "undelete" });
    expect(calls.map((call) => call.split(" ")[0])).toEqual(expected);
    expect(text(await store.load("data/abcd"))).toBe("two");
    await store.undelete("data/abcd", { overwrite: true });
    expect(text(await store.load("data/abcd"))).toBe("one");
    expect(await namesOf(store.list("data", { deleted: true }))).toEqual([]);
    await failure(store.undelete("data/abcd"), "NOT_FOUND");
  });

  test("works when there is none", async () => {
    const backend = limitedMemory(new MemoryStorage(), { createIfAbsent });
    const { store } = await openBench(namespaces, { backend });
    await store.store("data/abcd", bytes("one"));
    await store.softDelete("data/abcd");
    await store.undelete("data/abcd");
    expect(text(await store.load("data/abcd"))).toBe("one");
    await failure(store.undelete("data/none"), "NOT_FOUND");
  });
});

test("a medium that turns out to be unable to move if absent is looked at first", async () => {
  const driver = new MemoryDriver(new MemoryStorage(), true, Date.now);
  const move = driver.move.bind(driver);
  Object.assign(driver, {
    capabilities: { ...driver.capabilities, createIfAbsent: "probe" },
    move: async (...[name, newName, options]: Parameters<typeof move>) => {
      if (options.ifAbsent === true) throw new StoreError("UNSUPPORTED");
      await move(name, newName, options);
    },
  });
  const { store } = await openBench(namespaces, { backend: defineBackend(driver) });
  await store.store("data/abcd", bytes("one"));
  await store.softDelete("data/abcd");
  await store.undelete("data/abcd");
  await store.softDelete("data/abcd");
  await store.store("data/abcd", bytes("two"));
  await failure(store.undelete("data/abcd"), "ALREADY_EXISTS");
  expect(text(await store.load("data/abcd"))).toBe("two");
});
