import { expect, test } from "vitest";
import { intercept, memoryBackend } from "../../src/index.ts";
import { bytes, collect, failure, openBench, text } from "./helpers.ts";

const namespaces = { data: { levels: [1] } };

async function* pieces(...all: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const piece of all) yield bytes(piece);
}

test("a value goes in and comes out in pieces, and its bytes are counted", async () => {
  const { store } = await openBench(namespaces);
  await store.storeStream("data/abcd", pieces("one", "two", "three"));
  await store.storeStream("data/bcde", () => pieces("again"));
  expect(text(await store.load("data/abcd"))).toBe("onetwothree");
  const parts = await collect(store.loadStream("data/abcd", { offset: 3 }));
  expect(parts.map(text).join("")).toBe("twothree");
  const { loadStream, storeStream } = store.stats.operations;
  expect(storeStream).toMatchObject({ calls: 2, failures: 0, volume: 16 });
  expect(loadStream).toMatchObject({ calls: 1, failures: 0, volume: 8 });
});

test("a stream of a large value comes in several pieces and can be left early", async () => {
  const { store } = await openBench(namespaces);
  await store.store("data/abcd", new Uint8Array(3_000_000));
  for await (const piece of store.loadStream("data/abcd")) {
    expect(piece.byteLength).toBeLessThan(3_000_000);
    break;
  }
  expect(store.stats.operations.loadStream).toMatchObject({ calls: 1, failures: 0 });
  expect(store.stats.operations.loadStream.volume).toBeLessThan(3_000_000);
});

test("a stream that is left early releases that of the backend", async () => {
  let released = 0;
  const backend = intercept(memoryBackend(), {
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
  await store.store("data/abcd", new Uint8Array(3_000_000));
  for await (const piece of store.loadStream("data/abcd")) {
    expect(piece.byteLength).toBeGreaterThan(0);
    break;
  }
  expect(released).toBe(1);
});

test("soft-deleted values can be streamed", async () => {
  const { store } = await openBench(namespaces);
  await store.store("data/abcd", bytes("gone"));
  await store.softDelete("data/abcd");
  expect((await collect(store.loadStream("data/abcd", { deleted: true }))).map(text)).toEqual(["gone"]);
  await failure(collect(store.loadStream("data/abcd")), "NOT_FOUND");
  expect(store.stats.operations.loadStream).toMatchObject({ calls: 1, failures: 1 });
});

test("nothing happens before the first piece is asked for", async () => {
  const { store, calls } = await openBench(namespaces);
  const stream = store.loadStream("data/abcd");
  expect(calls).toEqual([]);
  await failure(collect(stream), "NOT_FOUND");
});

test("the error of a source comes out as it is, and nothing is stored", async () => {
  const { store, places } = await openBench(namespaces);
  const mine = new RangeError("source");
  async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
    yield bytes("part");
    throw mine;
  }
  await expect(store.storeStream("data/abcd", failing())).rejects.toBe(mine);
  expect(places()).toEqual([]);
});

test("an error of another store's stream keeps its own circumstances", async () => {
  const source = await openBench({ from: { levels: [0] } });
  const target = await openBench(namespaces);
  const error = await failure(
    target.store.storeStream("data/abcd", source.store.loadStream("from/none")),
    "NOT_FOUND",
  );
  expect(error).toMatchObject({ key: "from/none", operation: "loadStream" });
});

test("what is no source is refused", async () => {
  const { store, places } = await openBench(namespaces);
  for (const bad of [5, "text", null, {}, bytes("x")]) {
    await failure(store.storeStream("data/abcd", bad as never), "INVALID_ARGUMENT");
  }
  await failure(store.storeStream("data/abcd", (() => 5) as never), "INVALID_ARGUMENT");
  expect(places()).toEqual([]);
});
