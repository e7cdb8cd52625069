import { expect, test } from "vitest";
import { bytes, collect, failure, namesOf, openBench, plant, text } from "./helpers.ts";

const upwards = { data: { levels: [0, 2] } };
const name = "data/0123456789";
const low = "data/0123456789";
const high = "data/01/23/0123456789";

test("an item is found on each of three levels, and on none it is not found", async () => {
  const { store, backend } = await openBench({ data: { levels: [2, 0, 1] } });
  await plant(backend, "data/aa/aa/aaaa", "data/bbbb", "data/cc/cccc");
  for (const key of ["aaaa", "bbbb", "cccc"]) {
    expect((await store.info(`data/${key}`)).exists).toBe(true);
    expect(text(await store.load(`data/${key}`))).toContain(key);
    expect(await store.hash(`data/${key}`)).toMatch(/^[0-9a-f]{64}$/);
    expect(await collect(store.loadStream(`data/${key}`))).toHaveLength(1);
  }
  expect(await store.info("data/dddd")).toEqual({
    name: "data/dddd",
    exists: false,
    size: 0,
    isDirectory: false,
  });
  const error = await failure(store.load("data/dddd"), "NOT_FOUND");
  expect(error.key).toBe("data/dddd");
  await failure(collect(store.loadStream("data/dddd")), "NOT_FOUND");
  await failure(store.delete("data/dddd"), "NOT_FOUND");
});

test("with one key on two levels, the first hit in the configured order counts", async () => {
  const { store, backend, places } = await openBench(upwards);
  await backend.store(low, bytes("low"));
  await backend.store(high, bytes("high"));
  expect(text(await store.load(name))).toBe("low");
  expect(await namesOf(store.list("data"))).toEqual(["0123456789", "0123456789"]);
  await store.delete(name);
  expect(places()).toEqual([high]);
  expect(text(await store.load(name))).toBe("high");
});

test("levels are asked in the configured order", async () => {
  const { store, calls } = await openBench(upwards);
  await failure(store.load(name), "NOT_FOUND");
  await store.info(name);
  expect(calls).toEqual([`load ${low}`, `load ${high}`, `info ${low}`, `info ${high}`]);
});

test("store replaces an item where it is and puts a new one on the last level", async () => {
  const { store, backend, places } = await openBench(upwards);
  await backend.store(low, bytes("old"));
  await store.store(name, bytes("new"));
  await store.storeStream("data/ffff", [bytes("fresh")]);
  expect(places()).toEqual([low, "data/ff/ff/ffff"]);
  expect(text(await backend.load(low))).toBe("new");
});

test("store if absent looks at all levels", async () => {
  const { store, backend, places } = await openBench(upwards);
  await backend.store(low, bytes("low"));
  await failure(store.store(name, bytes("x"), { ifAbsent: true }), "ALREADY_EXISTS");
  await failure(store.storeStream(name, [bytes("x")], { ifAbsent: true }), "ALREADY_EXISTS");
  await failure(store.move("data/ffff", name, { ifAbsent: true }), "ALREADY_EXISTS");
  await store.store("data/ffff", bytes("x"), { ifAbsent: true });
  await failure(store.store("data/ffff", bytes("x"), { ifAbsent: true }), "ALREADY_EXISTS");
  expect(places()).toEqual([low, "data/ff/ff/ffff"]);
});

test("changeLevel moves to the last level, also what is soft-deleted, and leaves what is there", async () => {
  const { store, backend, places } = await openBench(upwards);
  await plant(backend, low, "data/ffff.del");
  await store.changeLevel(name);
  await store.changeLevel(name);
  await store.changeLevel("data/ffff", { deleted: true });
  expect(places()).toEqual([high, "data/ff/ff/ffff.del"]);
  await failure(store.changeLevel("data/none"), "NOT_FOUND");
  await failure(store.changeLevel("data/abc"), "INVALID_NAME");
});

test("with one level, changeLevel changes nothing and still requires the item", async () => {
  const { store, places } = await openBench({ data: { levels: [1] } });
  await store.store("data/abcd", bytes("x"));
  await store.changeLevel("data/abcd");
  expect(places()).toEqual(["data/ab/abcd"]);
  await failure(store.changeLevel("data/none"), "NOT_FOUND");
});

test("an item is readable at every moment while it is moved to the last level", async () => {
  const { store, backend } = await openBench({ data: { levels: [1, 2] } });
  const keys = Array.from({ length: 200 }, (_, i) => i.toString(16).padStart(8, "0"));
  for (const key of keys) await backend.store(`data/${key.slice(0, 2)}/${key}`, bytes(key));
  const moving = { isDone: false };
  const read = async (): Promise<number> => {
    let rounds = 0;
    while (!moving.isDone || rounds === 0) {
      for (const key of keys) expect(text(await store.load(`data/${key}`))).toBe(key);
      rounds++;
    }
    return rounds;
  };
  const reading = Promise.all([read(), read()]);
  for (const key of keys) await store.changeLevel(`data/${key}`);
  moving.isDone = true;
  expect(Math.min(...(await reading))).toBeGreaterThan(0);
  expect(await namesOf(store.list("data"))).toEqual(keys);
});

test("a directory of a higher level is not taken for an item of a lower one", async () => {
  const { store, backend } = await openBench({ data: { levels: [0, 1] } });
  await backend.store("data/ab/abcd", bytes("x"));
  // "data/ab" is a directory at level 0; at level 1 the key belongs to data/ab/ab.
  await backend.store("data/ab/ab", bytes("two"));
  expect(text(await store.load("data/ab"))).toBe("two");
  expect(await store.info("data/ab")).toMatchObject({ name: "data/ab", exists: true, isDirectory: false });
  await store.store("data/ab", bytes("replaced"));
  expect(text(await backend.load("data/ab/ab"))).toBe("replaced");
  await store.delete("data/ab");
});

test("soft deletion replaces the older generation wherever it is", async () => {
  const { store, backend, places } = await openBench(upwards);
  await plant(backend, `${low}.del`, high);
  await store.softDelete(name);
  expect(places()).toEqual([`${low}.del`]);
  expect(text(await store.load(name, { deleted: true }))).toBe(`at ${high}`);
});

test("undelete sees a live item on another level, and replaces it there when asked to", async () => {
  const { store, backend, places } = await openBench(upwards);
  await plant(backend, `${high}.del`, low);
  await failure(store.undelete(name), "ALREADY_EXISTS");
  expect(places()).toEqual([`${high}.del`, low].sort());
  await store.undelete(name, { overwrite: true });
  expect(places()).toEqual([low]);
  expect(text(await store.load(name))).toBe(`at ${high}.del`);
  await failure(store.undelete(name), "NOT_FOUND");
});

test("a key that is too short for the last level only is refused when it is new, not where it is", async () => {
  const { store, backend, calls } = await openBench(upwards);
  await failure(store.store("data/ab", bytes("x")), "INVALID_NAME");
  await backend.store("data/ab", bytes("old"));
  await store.store("data/ab", bytes("new"));
  expect(text(await store.load("data/ab"))).toBe("new");
  calls.length = 0;
  const deeper = await openBench({ data: { levels: [1, 2] } });
  await failure(deeper.store.store("data/a", bytes("x")), "INVALID_NAME");
  expect(deeper.calls).toEqual([]);
});

test("rename finds the old item and the place of the new name", async () => {
  const { store, backend, places } = await openBench(upwards);
  await plant(backend, high, "data/ffff");
  await store.move(name, "data/ffff");
  expect(places()).toEqual(["data/ffff"]);
  await store.move("data/ffff", "data/eeee");
  expect(places()).toEqual(["data/ee/ee/eeee"]);
});
