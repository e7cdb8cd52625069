import { expect, test } from "vitest";
import { Store, StoreError } from "../../src/index.ts";
import { openMemory } from "../layers/support.ts";
import { openBench } from "./helpers.ts";

/** One name, and then nothing for ever. */
async function* silent(): AsyncGenerator<string> {
  yield "data/a";
  await new Promise<never>(() => undefined);
}

async function readAll(
  results: AsyncIterable<unknown>,
  onResult: () => void = () => undefined,
): Promise<void> {
  const iterator = results[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true) onResult();
}

test("an abort ends a batch whose source is silent", async () => {
  const { store } = await openBench({ data: { levels: [0] } });
  const controller = new AbortController();
  const stop = (): void => controller.abort(new Error("stop"));
  const reading = readAll(store.loadMany(silent(), { signal: controller.signal }), stop);
  await expect(reading).rejects.toThrow("stop");
});

test("an abort ends a bulk delete that is still collecting its names, and stops their source", async () => {
  const { store, calls } = await openBench({ data: { levels: [0] } });
  const controller = new AbortController();
  let isStopped = false;
  const names: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        queueMicrotask(() => controller.abort(new Error("stop")));
        return new Promise<never>(() => undefined);
      },
      return: () => {
        isStopped = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const deleting = readAll(store.deleteMany(names, { signal: controller.signal }));
  await expect(deleting).rejects.toThrow("stop");
  expect(isStopped).toBe(true);
  expect(calls).toEqual([]);
});

test("a source that a backend does not read is released through the store", async () => {
  const backend = await openMemory({}, () => ({
    storeStream: () => Promise.reject(new StoreError("NO_SPACE")),
  }));
  const store = new Store({ backend, namespaces: { data: { levels: [0] } } });
  let released = 0;
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: true, value: undefined }),
      return: () => {
        released++;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  await expect(store.storeStream("data/a", source)).rejects.toMatchObject({ code: "NO_SPACE" });
  expect(released).toBe(1);
});
