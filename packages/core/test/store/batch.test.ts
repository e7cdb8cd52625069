import { describe, expect, test } from "vitest";
import { intercept, MemoryStorage, StoreError } from "../../src/index.ts";
import { bytes, collect, failure, limitedMemory, openBench, text } from "./helpers.ts";

const namespaces = { data: { levels: [1] }, both: { levels: [0, 1] } };

test("results come in the order of the requests, with the error of each", async () => {
  const { store } = await openBench(namespaces);
  const values = ["aaaa", "bbbb", "cccc"].map((key) => ({ name: `data/${key}`, value: bytes(key) }));
  const stored = await collect(store.storeMany([...values, { name: "data/a", value: bytes("short") }]));
  expect(stored.map(({ name, error }) => [name, StoreError.is(error, "INVALID_NAME")])).toEqual([
    ["data/aaaa", false],
    ["data/bbbb", false],
    ["data/cccc", false],
    ["data/a", true],
  ]);
  const [again] = await collect(store.storeMany([{ ...values[0]!, ifAbsent: true }]));
  expect(StoreError.is(again?.error, "ALREADY_EXISTS")).toBe(true);
  await store.softDelete("data/bbbb");

  const loaded = await collect(
    store.loadMany(["data/cccc", "data/bbbb", { name: "data/bbbb", deleted: true, offset: 1, size: 2 }]),
  );
  expect(loaded.map(({ name, value }) => [name, value && text(value)])).toEqual([
    ["data/cccc", "cccc"],
    ["data/bbbb", undefined],
    ["data/bbbb", "bb"],
  ]);
  expect(loaded[1]?.error).toMatchObject({ code: "NOT_FOUND", key: "data/bbbb", operation: "load" });

  const infos = await collect(
    store.infoMany(["data/aaaa", { name: "data/bbbb", deleted: true }, "nowhere/x"]),
  );
  expect(infos.map(({ value }) => value?.exists)).toEqual([true, true, undefined]);
  expect(infos[2]?.error).toMatchObject({ code: "NO_NAMESPACE" });
});

test.each([
  [16, {}],
  [5, { concurrency: 5 }],
])("no more than the wanted number runs at the same time, %i by default with %j", async (usual, suiting) => {
  let running = 0;
  let most = 0;
  const backend = intercept(limitedMemory(new MemoryStorage(), suiting), {
    label: "watch",
    async call(call, next) {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      try {
        return await next(call);
      } finally {
        running--;
      }
    },
    iterate: (call, next) => next(call),
  });
  const { store } = await openBench(namespaces, { backend });
  const requests = Array.from({ length: 100 }, (_, i) => ({ name: `data/${1000 + i}`, value: bytes("x") }));
  await collect(store.storeMany(requests, { concurrency: 3 }));
  expect(most).toBe(3);
  most = 0;
  expect(await collect(store.loadMany(requests.map(({ name }) => name)))).toHaveLength(100);
  expect(most).toBe(usual);
  const inSeveralLevels = requests.map(({ name }) => name.replace("data/", "both/"));
  most = 0;
  await collect(store.deleteMany(inSeveralLevels));
  expect(most).toBe(usual);
  most = 0;
  await collect(store.deleteMany(inSeveralLevels, { concurrency: undefined }));
  expect(most).toBe(usual);
  for (const concurrency of [0, -1, 1.5, Number.NaN]) {
    await failure(collect(store.loadMany([], { concurrency })), "INVALID_ARGUMENT");
    await failure(collect(store.deleteMany([], { concurrency })), "INVALID_ARGUMENT");
  }
});

test("requests may depend on results: an asynchronous source is not waited for", async () => {
  const { store } = await openBench(namespaces);
  await store.store("data/aaaa", bytes("data/bbbb"));
  await store.store("data/bbbb", bytes("data/cccc"));
  await store.store("data/cccc", bytes(""));
  let answer: ((next: string) => void) | undefined;
  async function* chain(): AsyncGenerator<string, void, undefined> {
    for (let name = "data/aaaa"; name !== "";) {
      const answered = new Promise<string>((resolve) => (answer = resolve));
      yield name;
      name = await answered;
    }
  }
  const seen: string[] = [];
  for await (const { name, value } of store.loadMany(chain())) {
    seen.push(name);
    answer?.(text(value ?? bytes("")));
  }
  expect(seen).toEqual(["data/aaaa", "data/bbbb", "data/cccc"]);
});

test("an abort ends the whole batch with the signal's reason", async () => {
  const { store } = await openBench(namespaces);
  const reason = new Error("enough");
  const controller = new AbortController();
  const names = Array.from({ length: 50 }, (_, i) => `data/${1000 + i}`);
  const run = async (): Promise<number> => {
    let count = 0;
    for await (const result of store.infoMany(names, { concurrency: 2, signal: controller.signal })) {
      expect(result.value?.exists).toBe(false);
      if (++count === 5) controller.abort(reason);
    }
    return count;
  };
  await expect(run()).rejects.toBe(reason);
  await expect(collect(store.deleteMany(names, { signal: controller.signal }))).rejects.toBe(reason);
});

function* broken(): Generator<string, void, undefined> {
  yield "data/aaaa";
  throw new RangeError("no more");
}

test("an error of the source ends the batch", async () => {
  const { store } = await openBench(namespaces);
  await expect(collect(store.loadMany(broken()))).rejects.toThrow("no more");
});

describe("deleteMany", () => {
  test("goes to the backend in bulk, and one by one where several levels are configured", async () => {
    const { store, calls, places, backend } = await openBench(namespaces);
    for (const name of ["data/aa/aaaa", "data/bb/bbbb.del", "both/cccc", "both/dd/dddd"]) {
      await backend.store(name, bytes("x"));
    }
    calls.length = 0;
    const results = await collect(
      store.deleteMany([
        "data/aaaa",
        "both/cccc",
        "data/none",
        "data/UPPER",
        { name: "data/bbbb", deleted: true },
        "both/dddd",
        "both/none",
      ]),
    );
    expect(results.map(({ name, error }) => [name, StoreError.is(error) ? error.code : error])).toEqual([
      ["data/aaaa", undefined],
      ["both/cccc", undefined],
      ["data/none", "NOT_FOUND"],
      ["data/UPPER", "INVALID_NAME"],
      ["data/bbbb", undefined],
      ["both/dddd", undefined],
      ["both/none", "NOT_FOUND"],
    ]);
    expect(results[2]?.error).toMatchObject({ key: "data/none", operation: "delete" });
    expect(places()).toEqual([]);
    expect(calls.filter((call) => call === "deleteMany")).toHaveLength(1);
    expect(store.stats.operations.delete).toMatchObject({ calls: 4, failures: 3 });
  });

  test("keeps a name that is refused only with its nesting away from the others", async () => {
    const { store } = await openBench({ deep: { levels: [2] } });
    await store.store("deep/aaaa", bytes("x"));
    // Its second directory would be ".".
    const results = await collect(store.deleteMany(["deep/ab.", "deep/aaaa"]));
    expect(results.map(({ error }) => StoreError.is(error, "INVALID_NAME"))).toEqual([true, false]);
    expect(results[1]?.error).toBeUndefined();
  });

  test("sends a thousand names at once", async () => {
    const { store, calls } = await openBench(namespaces);
    const names = Array.from({ length: 2100 }, (_, i) => `data/${10_000 + i}`);
    await collect(store.storeMany(names.map((name) => ({ name, value: bytes("x") }))));
    calls.length = 0;
    const results = await collect(store.deleteMany(names));
    expect(results.map(({ name }) => name)).toEqual(names);
    expect(results.every(({ error }) => error === undefined)).toBe(true);
    expect(calls).toEqual(["deleteMany", "deleteMany", "deleteMany"]);
  });

  test("gives the error of a bulk delete that failed as a whole to each of its names", async () => {
    const { store } = await openBench(namespaces);
    await store.close();
    const results = await collect(store.deleteMany(["data/aaaa", "data/bbbb"]));
    expect(results.map(({ error }) => StoreError.is(error, "NOT_OPEN"))).toEqual([true, true]);
  });
});

test("a single name is no batch: it would be taken for the names of its letters", async () => {
  const { store, storage } = await openBench({ "": { levels: [0] } });
  await store.store("a", bytes("x"));
  const single = "a" as unknown as string[];
  const nothing = undefined as unknown as string[];
  for (const batch of [single, nothing]) {
    await failure(collect(store.loadMany(batch)), "INVALID_ARGUMENT");
    await failure(collect(store.infoMany(batch)), "INVALID_ARGUMENT");
    const error = await failure(collect(store.deleteMany(batch)), "INVALID_ARGUMENT");
    expect(error.message).toContain("a batch is an iterable of items");
  }
  expect(storage.objects.has("a")).toBe(true);
});
