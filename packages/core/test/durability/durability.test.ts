import { expect, test } from "vitest";
import { ContentInDoubt, Durability, StoreError } from "../../src/index.ts";
import { RecordingSyncer } from "./recording-syncer.ts";

test("with durability sync nothing is waited for, and sync() makes all of it durable", async () => {
  const syncer = new RecordingSyncer();
  const durability = new Durability("sync", syncer);
  syncer.files.add("base/data/a").add("base/data/c");
  durability.made("base/data");
  expect(durability.makeRoom()).toBeUndefined();
  expect(durability.stored("base/data/a")).toBeUndefined();
  expect(durability.deleted("base/old/b")).toBeUndefined();
  expect(durability.changed("base/empty")).toBeUndefined();
  durability.beginMove("base/c", "base/data/c");
  expect(durability.endMove("base/c", "base/data/c", ["base/data", "base"], true)).toBeUndefined();
  expect(durability.eachFile).toBe(false);
  expect(syncer.synced).toEqual([]);
  await durability.sync();
  expect(syncer.synced.sort()).toEqual(["base/", "base/data/", "base/data/a", "base/empty/", "base/old/"]);
});

test("with durability each the directories of a change are synced by the call that reports it", async () => {
  const syncer = new RecordingSyncer();
  const durability = new Durability("each", syncer);
  expect(durability.eachFile).toBe(true);
  await durability.stored("base/a");
  await durability.deleted("base/x/b");
  await durability.changed("base/y");
  durability.beginMove("base/z/c", "base/w/c");
  await durability.endMove("base/z/c", "base/w/c", ["base/w", "base/z"], true);
  await durability.sync();
  expect(syncer.synced).toEqual(["base/", "base/x/", "base/y/", "base/w/", "base/z/"]);
});

test("with durability each a store waits for the entries of all new directories above it, whoever made them", async () => {
  const syncer = new RecordingSyncer();
  const durability = new Durability("each", syncer);
  durability.made("base/data");
  durability.made("base/data/01");
  await durability.stored("base/data/01/a");
  expect(syncer.synced.sort()).toEqual(["base/", "base/data/", "base/data/01/"]);
  await durability.stored("base/data/01/b");
  expect(syncer.synced.slice(3)).toEqual(["base/data/01/"]);
});

test("with durability each a directory that is made while the one above it is synced counts as new", async () => {
  const syncer = new RecordingSyncer();
  const durability = new Durability("each", syncer);
  durability.made("base/data");
  syncer.before = (path) => {
    if (path !== "base") return;
    syncer.before = () => undefined;
    durability.made("base/more");
  };
  await durability.stored("base/data/a");
  syncer.synced.length = 0;
  await durability.stored("base/more/b");
  expect(syncer.synced.sort()).toEqual(["base/", "base/more/"]);
});

test.each(["sync", "each"] as const)("with durability %s a failed move changes nothing", async (option) => {
  const syncer = new RecordingSyncer();
  const durability = new Durability(option, syncer);
  durability.beginMove("base/a", "base/b");
  await durability.endMove("base/a", "base/b", ["base"], false);
  await durability.sync();
  expect(syncer.synced).toEqual([]);
});

test("with durability none nothing is ever synced", async () => {
  const syncer = new RecordingSyncer();
  const durability = new Durability("none", syncer);
  durability.made("base/data");
  expect(durability.makeRoom()).toBeUndefined();
  expect(durability.stored("base/data/a")).toBeUndefined();
  expect(durability.deleted("base/data/a")).toBeUndefined();
  expect(durability.changed("base")).toBeUndefined();
  durability.beginMove("base/a", "base/b");
  expect(durability.endMove("base/a", "base/b", ["base"], true)).toBeUndefined();
  await durability.sync();
  expect(syncer.synced).toEqual([]);
});

test("what failed to sync is told with the code of the backend, and forgotten with the storage", async () => {
  const syncer = new RecordingSyncer();
  const durability = new Durability("sync", syncer);
  syncer.files.add("base/a");
  await durability.stored("base/a");
  syncer.before = (path) => {
    if (path === "base/a") throw new ContentInDoubt("broken");
  };
  const failure = await durability.sync().catch((error: unknown) => error);
  expect(StoreError.is(failure, "UNAVAILABLE")).toBe(true);
  expect(failure).toMatchObject({ retryable: false, cause: "broken" });
  await expect(durability.sync()).rejects.toThrow("base/a");
  durability.forget();
  await durability.sync();
});

test("65,536 changes are noted before room is made", async () => {
  const syncer = new RecordingSyncer();
  const durability = new Durability("sync", syncer);
  for (let i = 0; i < 65_535; i++) void durability.stored(`base/${i}`);
  expect(durability.makeRoom()).toBeUndefined();
  await durability.stored("base/last");
  syncer.files.add("base/last");
  await durability.makeRoom();
  expect(syncer.synced).toEqual(["base/last", "base/"]);
  expect(durability.makeRoom()).toBeUndefined();
});
