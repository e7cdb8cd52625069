import { describe, expect, test } from "vitest";
import { intercept, memoryBackend, MemoryStorage } from "../../src/index.ts";
import { bytes, collect, failure, namesOf, openBench, plant } from "./helpers.ts";

test("a namespace is listed by bare keys in their order, with sizes and times", async () => {
  const { store, calls } = await openBench({ data: { levels: [2] }, config: { levels: [0] } });
  for (const key of ["ffff", "0000", "00ff", "0a00"]) await store.store(`data/${key}`, bytes(key));
  await store.store("config/x", bytes("x"));
  calls.length = 0;
  const items = await collect(store.list("data"));
  expect(items.map(({ name }) => name)).toEqual(["0000", "00ff", "0a00", "ffff"]);
  expect(items[0]).toMatchObject({ name: "0000", exists: true, size: 4, isDirectory: false });
  expect(items[0]?.modifiedAtMs).toBeTypeOf("number");
  expect(items[0]).not.toHaveProperty("deleted");
  expect(calls).toEqual(["list data"]);
  expect(await namesOf(store.list("data/"))).toEqual(["0000", "00ff", "0a00", "ffff"]);
});

test("soft-deleted items are listed only when asked for, and say so", async () => {
  const { store } = await openBench({ data: { levels: [1] } });
  for (const key of ["aaaa", "bbbb"]) await store.store(`data/${key}`, bytes(key));
  await store.softDelete("data/aaaa");
  expect(await namesOf(store.list("data"))).toEqual(["bbbb"]);
  const deleted = await collect(store.list("data", { deleted: true }));
  expect(deleted).toMatchObject([{ name: "aaaa", size: 4, deleted: true }]);
});

test("a missing namespace is empty, and an invalid name fails at the first step only", async () => {
  const { store } = await openBench({ data: { levels: [1] } });
  expect(await namesOf(store.list("data"))).toEqual([]);
  for (const bad of ["/", "//", "data//", "DATA", "../x"]) {
    const listing = store.list(bad);
    expect(await failure(listing.next(), "INVALID_NAME")).toMatchObject({ operation: "list" });
    expect(await listing.next()).toEqual({ done: true, value: undefined });
  }
});

describe("what is listed can be addressed", () => {
  const paths = [
    "data/01/23/0123456",
    "data/sub/ab/cd/abcdef",
    "data/sub/ab/cd/abcdee.del",
    "data/inner/ab/abcd",
    "data/0123456",
    "data/01/0123456",
    "data/ab/ce/abcdef",
    "data/a/a",
    "data/ab/c/abc",
    "data/.del",
    "data/x.del/y",
    "data/ab/cd/abcd.del.del",
    "rooted",
    "other/thing",
  ];
  const namespaces = { data: { levels: [2] }, "data/inner": { levels: [1] }, "": { levels: [0] } };

  test("items of namespaces configured below, and what stands where no level puts it, are left out", async () => {
    const { store, backend } = await openBench(namespaces);
    await plant(backend, ...paths);
    const names = await namesOf(store.list("data"));
    expect(names).toEqual(["0123456", "a", "abc", "sub/abcdef"]);
    for (const name of names) expect((await store.info(`data/${name}`)).exists).toBe(true);
    expect(await namesOf(store.list("data", { deleted: true }))).toEqual(["sub/abcdee"]);
    expect(await namesOf(store.list("data/inner"))).toEqual(["abcd"]);
    expect(await namesOf(store.list("data/sub"))).toEqual(["abcdef"]);
  });

  test("the root namespace does not list the others", async () => {
    const { store, backend } = await openBench(namespaces);
    await plant(backend, ...paths);
    expect(await namesOf(store.list(""))).toEqual(["other/thing", "rooted"]);
  });

  test("a directory of no namespace gives all items below it, and other files by their paths", async () => {
    const { store, backend } = await openBench({ "top/data": { levels: [2] }, config: { levels: [0] } });
    await plant(backend, "top/data/01/23/0123", "top/data/0123", "config/a", "stray/file");
    const names = await namesOf(store.list(""));
    expect(names).toEqual(["config/a", "stray/file", "top/data/0123"]);
    expect(await namesOf(store.list("top"))).toEqual(["data/0123"]);
    expect(await namesOf(store.list("stray"))).toEqual(["file"]);
  });

  test("with several levels the deepest one that fits names the item", async () => {
    const { store, backend } = await openBench({ data: { levels: [0, 2] } });
    await plant(backend, "data/01/23/0123", "data/4567", "data/sub/89");
    expect((await namesOf(store.list("data"))).sort()).toEqual(["0123", "4567", "sub/89"]);
  });
});

describe("the iterator", () => {
  const namespaces = { data: { levels: [0] } };
  const keys = Array.from({ length: 2500 }, (_, i) => String(i).padStart(5, "0"));
  async function filled(): ReturnType<typeof openBench> {
    const bench = await openBench(namespaces);
    await plant(bench.backend, ...keys.map((key) => `data/${key}`));
    return bench;
  }

  test("asks for nothing before the first step", async () => {
    const { store, calls } = await openBench(namespaces);
    store.list("data");
    expect(calls).toEqual([]);
  });

  test("serves steps that are asked for at the same time in order", async () => {
    const { store } = await filled();
    const listing = store.list("data");
    const steps = await Promise.all(Array.from({ length: 2502 }, () => listing.next()));
    expect(steps.slice(0, 2500).map(({ value }) => value?.name)).toEqual(keys);
    expect(steps.slice(2500).every(({ done }) => done === true)).toBe(true);
  });

  test("releases the backend's listing when it is left early, and counts as a success", async () => {
    const storage = new MemoryStorage();
    let released = 0;
    const backend = intercept(memoryBackend({ storage }), {
      label: "watch",
      call: (call, next) => next(call),
      async *iterate(call, next) {
        try {
          yield* next(call);
        } finally {
          released++;
        }
      },
    });
    const { store } = await openBench(namespaces, { backend });
    await plant(backend, ...keys.map((key) => `data/${key}`));
    const listing = store.list("data");
    for await (const item of listing) {
      expect(item.name).toBe("00000");
      break;
    }
    expect(released).toBe(1);
    expect(await listing.next()).toEqual({ done: true, value: undefined });
    expect(store.stats.operations.list).toMatchObject({ calls: 1, failures: 0 });
  });

  test("can be left before it was begun", async () => {
    const { store, calls } = await openBench(namespaces);
    const listing = store.list("data");
    await listing.return?.();
    expect(await listing.next()).toEqual({ done: true, value: undefined });
    expect(calls).toEqual([]);
  });

  test("rejects with the signal's reason in the middle of a page, then is at its end", async () => {
    const { store } = await filled();
    const controller = new AbortController();
    const listing = store.list("data", { signal: controller.signal });
    await listing.next();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(listing.next()).rejects.toBe(reason);
    expect(await listing.next()).toEqual({ done: true, value: undefined });
    expect(store.stats.operations.list).toMatchObject({ calls: 0, failures: 1 });
  });

  test("fails with the backend's error in the caller's words", async () => {
    const { store } = await filled();
    const listing = store.list("data");
    for (let i = 0; i < 1000; i++) await listing.next();
    await store.close();
    expect(await failure(listing.next(), "NOT_OPEN")).toMatchObject({ operation: "list", key: "data" });
  });

  test("leaves sizes out when they are not wanted", async () => {
    const wanted: (boolean | undefined)[] = [];
    const backend = intercept(memoryBackend(), {
      label: "watch",
      call: (call, next) => next(call),
      async *iterate(call, next) {
        if (call.operation === "list") wanted.push(call.options.sizes);
        yield* next(call);
      },
    });
    const { store } = await openBench(namespaces, { backend });
    await collect(store.list("data", { sizes: false }));
    await collect(store.list("data"));
    expect(wanted).toEqual([false, undefined]);
  });
});
