import { EventEmitter, once } from "node:events";
import { memoryBackend, StoreError, type Backend } from "@borgstore/core";
import { expect, test } from "vitest";
import { countingBackend, faultyBackend, Random, scriptedBackend } from "../../src/index.ts";

const value = new Uint8Array([1, 2, 3, 4, 5]);

async function openMemory(): Promise<Backend> {
  const backend = memoryBackend();
  await backend.create();
  await backend.open();
  await backend.store("a", value);
  return backend;
}

/** What a seed injects into forty calls. */
async function faultsOf(seed: number): Promise<unknown> {
  const backend = faultyBackend(await openMemory(), { seed, errorProbability: 0.5 });
  for (let i = 0; i < 40; i++) await backend.info("a").catch(() => undefined);
  return backend.injected;
}

test("a counting backend counts each call, also those that fail", async () => {
  const backend = countingBackend(await openMemory());
  await backend.load("a");
  await expect(backend.load("b")).rejects.toMatchObject({ code: "NOT_FOUND" });
  for await (const page of backend.list("")) expect(page).toHaveLength(1);
  expect(backend.calls).toMatchObject({ load: 2, list: 1, store: 0, info: 0 });
  backend.reset();
  expect(backend.calls.load).toBe(0);
  await backend[Symbol.asyncDispose]();
  expect(backend.calls.close).toBe(1);
});

test("a scripted backend answers in the order of its script", async () => {
  const backend = scriptedBackend({
    load: [
      async () => {
        throw new StoreError("CONNECTION");
      },
      async (name) => new TextEncoder().encode(name),
    ],
    list: async function* () {
      yield [];
    },
  });
  await expect(backend.load("a")).rejects.toMatchObject({ code: "CONNECTION" });
  expect(new TextDecoder().decode(await backend.load("a"))).toBe("a");
  for await (const page of backend.list("")) expect(page).toEqual([]);
  expect(backend.unscripted).toEqual([]);
});

test("a scripted backend fails loudly on calls that are not scripted, and remembers them", async () => {
  const backend = scriptedBackend({ load: [async () => value.slice()] }, { capabilities: { remote: true } });
  expect(backend.isOpen).toBe(true);
  expect(backend.capabilities.remote).toBe(true);
  await backend.load("a");
  await expect(backend.load("a")).rejects.toThrow(
    'called once more than it has answers with load("a"), which is not scripted',
  );
  await expect(backend.store("b", value)).rejects.toThrow('store("b", 5 bytes), which is not scripted');
  const listing = backend.list("")[Symbol.asyncIterator]();
  await expect(listing.next()).rejects.toThrow('list(""), which is not scripted');
  expect(backend.unscripted).toEqual(['load("a")', 'store("b", 5 bytes)', 'list("")']);
  await backend[Symbol.asyncDispose]();
});

test("a faulty backend fails before it did anything, with the codes asked for", async () => {
  const inner = countingBackend(await openMemory());
  const backend = faultyBackend(inner, { seed: 1, errorProbability: 1, errorCodes: ["RATE_LIMITED"] });
  await expect(backend.delete("a")).rejects.toMatchObject({ code: "RATE_LIMITED", retryable: true });
  expect(inner.calls.delete).toBe(0);
  expect(backend.injected).toEqual([{ operation: "delete", fault: "error", code: "RATE_LIMITED" }]);
});

test("a lost answer is reported as CONNECTION after the call was done", async () => {
  const inner = await openMemory();
  const backend = faultyBackend(inner, { seed: 1, lostAnswerProbability: 1, operations: ["delete"] });
  await expect(backend.delete("a")).rejects.toMatchObject({ code: "CONNECTION" });
  expect((await backend.info("a")).exists).toBe(false);
});

test("a short load delivers less than there is, and never less than nothing", async () => {
  const backend = faultyBackend(await openMemory(), { seed: 3, shortLoadProbability: 1 });
  for (let i = 0; i < 20; i++) {
    const loaded = await backend.load("a");
    expect(loaded.length).toBeLessThan(value.length);
    expect(loaded).toEqual(value.slice(0, loaded.length));
  }
  expect(await backend.load("a", { size: 0 })).toHaveLength(0);
});

test("the faults of the same seed are the same", async () => {
  const first = await faultsOf(5);
  expect(await faultsOf(5)).toEqual(first);
  expect(await faultsOf(6)).not.toEqual(first);
});

test("the hook before a call is waited for", async () => {
  const gate = new EventEmitter();
  const opened = once(gate, "open");
  const inner = countingBackend(await openMemory());
  const backend = faultyBackend(inner, { seed: 1, before: async () => void (await opened) });
  const loading = backend.load("a");
  expect(inner.calls.load).toBe(0);
  gate.emit("open");
  await loading;
  expect(inner.calls.load).toBe(1);
});

test("random integers stay in their bounds and reach both of them", () => {
  const random = new Random(1);
  const seen = new Set(Array.from({ length: 200 }, () => random.integer(-2, 2)));
  expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
  expect(random.bytes(0)).toHaveLength(0);
  const bytes = random.bytes(1_001);
  expect(bytes).toHaveLength(1_001);
  expect(bytes.buffer.byteLength).toBe(1_001);
  expect(new Set(bytes).size).toBeGreaterThan(200);
});
