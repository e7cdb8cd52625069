import { expect, test } from "vitest";
import { asyncSubject, callForEach } from "../../src/subjects/async-subject.ts";

const keys = ["a", "b", "c", "d", "e"];
const value = new Uint8Array(8);

test("every key is called once, by no more callers than asked for", async () => {
  const called: string[] = [];
  let running = 0;
  let most = 0;
  await callForEach(
    keys,
    3,
    async (key) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      called.push(key);
    },
    () => undefined,
  );
  expect(called.sort()).toEqual(keys);
  expect(most).toBe(3);
});

test("one caller calls in order, one after the other", async () => {
  const called: string[] = [];
  await callForEach(
    keys,
    1,
    async (key) => called.push(key),
    (length) => expect(length).toBe(called.length),
  );
  expect(called).toEqual(keys);
});

test("a subject that does nothing is found out", async () => {
  const subject = asyncSubject("idle", async () => ({
    store: async () => undefined,
    load: async () => new Uint8Array(0),
    info: async () => ({ size: 0 }),
    delete: async () => undefined,
  }));
  const idle = await subject.open("");
  await expect(idle.run("load", keys, value, 1)).rejects.toThrow("idle: load gave a wrong result");
  await expect(idle.run("info", keys, value, 2)).rejects.toThrow("idle: info gave a wrong result");
});

test("a subject says which operations it has", async () => {
  const subject = asyncSubject("small", async () => ({
    store: async () => undefined,
    load: async () => value,
    delete: async () => undefined,
  }));
  const small = await subject.open("");
  expect([small.has("store-new"), small.has("replace"), small.has("info"), small.has("list")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  await expect(small.list()).rejects.toThrow("small cannot list");
});
