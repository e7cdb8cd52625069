import { describe, expect, expectTypeOf, test } from "vitest";
import {
  AttemptCounters,
  intercept,
  memoryBackend,
  referenceStats,
  Store,
  storeOperationNames,
  type StoreStats,
} from "../../src/index.ts";
import { LatencyHistogram } from "../../src/store/latency-histogram.ts";
import { bytes, collect, failure, openBench } from "./helpers.ts";

const namespaces = { data: { levels: [1] } };

test("a fresh store has counted nothing", () => {
  const { stats } = new Store({ backend: memoryBackend(), namespaces });
  expectTypeOf(stats).toEqualTypeOf<StoreStats>();
  expect(Object.keys(stats.operations)).toEqual([...storeOperationNames]);
  for (const operation of storeOperationNames) {
    expect(stats.operations[operation]).toEqual({
      calls: 0,
      failures: 0,
      time: 0,
      volume: 0,
      throughput: 0,
      latency: { p50: 0, p90: 0, p99: 0, max: 0 },
    });
  }
  expect(stats.backend).toBeUndefined();
});

test("calls, failures, volume and throughput are counted apart for each operation", async () => {
  const { store } = await openBench(namespaces);
  await store.store("data/abcd", bytes("0123456789"));
  await store.store("data/bcde", bytes("01234"));
  await store.load("data/abcd", { size: 4 });
  await failure(store.load("data/none"), "NOT_FOUND");
  await failure(store.load("nowhere/x"), "NO_NAMESPACE");
  await store.softDelete("data/abcd");
  await store.undelete("data/abcd");
  await collect(store.list("data"));
  const { operations } = store.stats;
  expect(operations.store).toMatchObject({ calls: 2, failures: 0, volume: 15 });
  expect(operations.load).toMatchObject({ calls: 1, failures: 2, volume: 4 });
  expect(operations.softDelete).toMatchObject({ calls: 1, failures: 0 });
  expect(operations.undelete.calls).toBe(1);
  expect(operations.move.calls).toBe(0);
  expect(operations.list.calls).toBe(1);
  expect(operations.store.time).toBeGreaterThan(0);
  expect(operations.store.throughput).toBeCloseTo(15 / operations.store.time);
  expect(operations.store.latency.max / 1000).toBeLessThanOrEqual(operations.store.time);
});

test("a snapshot does not change", async () => {
  const { store } = await openBench(namespaces);
  const before = store.stats;
  await store.store("data/abcd", bytes("x"));
  expect(before.operations.store.calls).toBe(0);
  expect(store.stats.operations.store.calls).toBe(1);
});

test("counts and times are right when calls run at the same time", async () => {
  const { store } = await openBench(namespaces);
  const keys = Array.from({ length: 300 }, (_, i) => `data/${1000 + i}`);
  await Promise.all(keys.map((key) => store.store(key, bytes("12345"))));
  await Promise.allSettled(keys.map((key, i) => store.load(i % 3 === 0 ? `${key}-not` : key)));
  const { load, store: stored } = store.stats.operations;
  expect(stored).toMatchObject({ calls: 300, failures: 0, volume: 1500 });
  expect(load).toMatchObject({ calls: 200, failures: 100, volume: 1000 });
});

test("attempts are shown beside the store's own calls when they are counted", async () => {
  let failures = 2;
  const flaky = intercept(memoryBackend(), {
    label: "flaky",
    async call(call, next) {
      if (call.operation === "load" && failures-- > 0) throw Object.assign(new Error("again"), {});
      return await next(call);
    },
    iterate: (call, next) => next(call),
  });
  const { store } = await openBench(namespaces, { backend: flaky, layers: { instrumentation: {} } });
  await store.store("data/abcd", bytes("0123"));
  await expect(store.load("data/abcd")).rejects.toThrow("again");
  await expect(store.load("data/abcd")).rejects.toThrow("again");
  await store.load("data/abcd");
  expect(store.stats.operations.load).toMatchObject({ calls: 1, failures: 2 });
  expect(store.stats.backend?.load).toMatchObject({ calls: 3, failures: 2, loadedBytes: 4 });
  expect(store.stats.backend?.store).toMatchObject({ calls: 1, storedBytes: 4 });
});

test("attempt counters can be the caller's", async () => {
  const counters = new AttemptCounters();
  const { store } = await openBench(namespaces, { layers: { instrumentation: { counters } } });
  await store.store("data/abcd", bytes("0123"));
  expect(counters.snapshot().store?.calls).toBe(1);
  expect(store.stats.backend).toEqual(counters.snapshot());
});

describe("the latency histogram", () => {
  test("gives percentiles within five percent, and the exact maximum", () => {
    const histogram = new LatencyHistogram();
    for (let i = 1; i <= 10_000; i++) histogram.record(i / 100);
    const { p50, p90, p99, max } = histogram.summary();
    expect(Math.abs(p50 / 50 - 1)).toBeLessThan(0.05);
    expect(Math.abs(p90 / 90 - 1)).toBeLessThan(0.05);
    expect(Math.abs(p99 / 99 - 1)).toBeLessThan(0.05);
    expect(max).toBe(100);
  });

  test("holds anything from nothing to days, never above the maximum", () => {
    for (const ms of [0, 0.00001, 0.5, 86_400_000 * 3]) {
      const histogram = new LatencyHistogram();
      histogram.record(ms);
      const { p50, p99, max } = histogram.summary();
      expect(max).toBe(ms);
      expect(p50).toBeLessThanOrEqual(ms);
      expect(p99).toBe(p50);
    }
  });
});

test("the reference's statistics have its names and mean the same", async () => {
  const { store } = await openBench(namespaces, { layers: { instrumentation: {} } });
  await store.store("data/abcd", bytes("0123456789"));
  await store.storeStream("data/bcde", [bytes("01234")]);
  await store.load("data/abcd", { size: 4 });
  await failure(store.load("data/none"), "NOT_FOUND");
  await failure(store.delete("data/none"), "NOT_FOUND");
  await store.softDelete("data/abcd");
  await store.undelete("data/abcd");
  await store.move("data/abcd", "data/cdef");
  await store.hash("data/cdef");
  const stats = referenceStats(store.stats);
  const always =
    "info_calls info_time load_calls load_time store_calls store_time delete_calls delete_time move_calls move_time " +
    "list_calls list_time load_throughput store_throughput backend_load_calls backend_store_calls " +
    "backend_delete_calls backend_load_volume backend_store_volume cache_disabled cache_hits cache_misses " +
    "cache_hit_ratio cache_errors cache_load_calls cache_store_calls cache_delete_calls cache_load_volume " +
    "cache_store_volume";
  const afterUse = "load_volume store_volume hash_calls hash_time";
  expect(Object.keys(stats).sort()).toEqual(`${always} ${afterUse}`.split(" ").sort());
  expect(stats).toMatchObject({
    load_calls: 1,
    load_volume: 4,
    store_calls: 2,
    store_volume: 15,
    delete_calls: 0,
    move_calls: 3,
    hash_calls: 1,
    backend_load_calls: 2,
    backend_load_volume: 4,
    backend_store_calls: 2,
    backend_store_volume: 15,
    backend_delete_calls: 1,
    cache_disabled: false,
    cache_hit_ratio: 0,
  });
  expect(stats["store_throughput"]).toBeGreaterThan(0);
});

test("without attempt counters, the reference's backend counters are those of the store", async () => {
  const { store } = await openBench(namespaces);
  await store.store("data/abcd", bytes("0123456789"));
  await store.load("data/abcd");
  await failure(store.load("data/none"), "NOT_FOUND");
  expect(referenceStats(store.stats)).toMatchObject({
    load_calls: 1,
    backend_load_calls: 2,
    backend_load_volume: 10,
    backend_store_calls: 1,
    backend_store_volume: 10,
  });
});
