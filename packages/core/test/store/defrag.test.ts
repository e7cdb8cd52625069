import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { bytes, failure, openBench, text, type Bench } from "./helpers.ts";

const namespaces = { data: { levels: [1] }, config: { levels: [0] }, both: { levels: [0, 1] } };

async function filled(): Promise<Bench> {
  const bench = await openBench(namespaces);
  await bench.store.store("data/aaaa", bytes("0123456789"));
  await bench.store.store("config/b", bytes("abcdef"));
  return bench;
}

test("parts of items by key or by name become a new item named by its digest", async () => {
  const { store, places } = await filled();
  const key = await store.defrag(
    [
      { key: "aaaa", offset: 2, size: 3 },
      { name: "config/b", offset: -2, size: 2 },
      { key: "aaaa", offset: 0, size: 1 },
    ],
    { namespace: "data", algorithm: "sha256" },
  );
  expect(key).toBe(createHash("sha256").update("234ef0").digest("hex"));
  expect(text(await store.load(`data/${key}`))).toBe("234ef0");
  expect(places()).toContain(`data/${key.slice(0, 2)}/${key}`);
  expect(places()).toContain("data/aa/aaaa");
  expect(store.stats.operations.defrag).toMatchObject({ calls: 1, volume: 6 });
});

test("a target names the new item, and an existing one is replaced, also a source", async () => {
  const { store } = await filled();
  const sources = [{ key: "aaaa", offset: 5, size: 5 }];
  expect(await store.defrag(sources, { namespace: "data/", target: "cccc" })).toBe("cccc");
  expect(text(await store.load("data/cccc"))).toBe("56789");
  await store.defrag(sources, { namespace: "data", target: "aaaa" });
  expect(text(await store.load("data/aaaa"))).toBe("56789");
  await store.defrag([], { namespace: "config", target: "empty" });
  expect((await store.info("config/empty")).size).toBe(0);
});

test("with several levels, sources and target are found where they are", async () => {
  const { store, backend, places } = await filled();
  await backend.store("both/aaaa", bytes("low"));
  await backend.store("both/bb/bbbb", bytes("high"));
  const sources = [
    { key: "aaaa", offset: 0, size: 3 },
    { key: "bbbb", offset: 0, size: 4 },
  ];
  await store.defrag(sources, { namespace: "both", target: "aaaa" });
  await store.defrag(sources.slice(1), { namespace: "both", target: "cccc" });
  expect(text(await backend.load("both/aaaa"))).toBe("lowhigh");
  expect(places()).toContain("both/cc/cccc");
});

test("nothing is stored when it fails", async () => {
  const { store, places } = await filled();
  const before = places();
  const target = { namespace: "data", target: "cccc" };
  await failure(store.defrag([{ key: "none", offset: 0, size: 1 }], target), "NOT_FOUND");
  await failure(store.defrag([{ key: "aaaa", offset: 8, size: 3 }], target), "RANGE");
  await failure(store.defrag([{ key: "aaaa", offset: 0, size: -1 }], target), "INVALID_ARGUMENT");
  await failure(store.defrag([], { namespace: "data" }), "INVALID_ARGUMENT");
  await failure(store.defrag([], { namespace: "data", algorithm: "rot13" }), "UNSUPPORTED");
  await failure(store.defrag([], { namespace: "nowhere", algorithm: "sha256" }), "NO_NAMESPACE");
  await failure(store.defrag([], { namespace: "data", target: "c" }), "INVALID_NAME");
  await failure(store.defrag([], { namespace: "data", target: "cccc.del" }), "INVALID_NAME");
  await failure(store.defrag([], { namespace: "DATA", target: "cccc" }), "INVALID_NAME");
  expect(places()).toEqual(before);
});
