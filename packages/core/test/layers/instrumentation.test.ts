import { expect, test } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { intercept } from "../../src/layers/intercept.ts";
import { AttemptCounters, type AttemptEvent } from "../../src/layers/attempt-counters.ts";
import { withInstrumentation } from "../../src/layers/instrumentation.ts";
import { withRetry } from "../../src/layers/retry.ts";
import { bytes, collect, FakeClock, listNames, openMemory, withScript } from "./support.ts";

test("calls, failures, time and bytes are counted per operation", async () => {
  const clock = new FakeClock();
  const inner = await openMemory({}, (driver) => ({
    load: async (name, options) => {
      clock.ms += 5;
      return await driver.load(name, options);
    },
  }));
  const counters = new AttemptCounters();
  const backend = withInstrumentation(inner, { counters, now: clock.now });
  expect(counters.snapshot()).toEqual({});
  await backend.store("a", new Uint16Array(5));
  await backend.load("a");
  await backend.load("a", { offset: 6 });
  await expect(backend.load("missing")).rejects.toMatchObject({ code: "NOT_FOUND" });
  const none = { failures: 0, aborts: 0, timeMs: 0, loadedBytes: 0, storedBytes: 0 };
  const snapshot = counters.snapshot();
  expect(snapshot).toEqual({
    store: { ...none, calls: 1, storedBytes: 10 },
    load: { ...none, calls: 3, failures: 1, timeMs: 15, loadedBytes: 14 },
  });
  expect(Object.isFrozen(snapshot) && Object.isFrozen(snapshot.load)).toBe(true);
  await backend.load("a");
  expect(snapshot.load?.calls).toBe(3);
  expect(counters.snapshot().load?.calls).toBe(4);
});

test("streams count their bytes and the time inside the backend only", async () => {
  const clock = new FakeClock();
  const inner = await openMemory({}, () => ({
    loadStream: async function* () {
      clock.ms += 3;
      yield bytes("abc");
      clock.ms += 4;
      yield bytes("de");
    },
    storeStream: async (_name, source) => {
      for await (const piece of source) clock.ms += piece.byteLength;
      clock.ms += 100;
    },
  }));
  const events: AttemptEvent[] = [];
  const backend = withInstrumentation(inner, { onAttempt: (event) => events.push(event), now: clock.now });
  for await (const piece of backend.loadStream("a")) clock.ms += 1000 * piece.byteLength;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    clock.ms += 1000;
    yield bytes("12");
    clock.ms += 1000;
    yield bytes("345");
    clock.ms += 1000;
  };
  await backend.storeStream("b", source());
  expect(events).toMatchObject([
    { operation: "loadStream", name: "a", durationMs: 7, loadedBytes: 5, storedBytes: 0, outcome: "done" },
    { operation: "storeStream", name: "b", durationMs: 105, loadedBytes: 0, storedBytes: 5, outcome: "done" },
  ]);
});

test("each attempt of a repeated operation is an event of its own", async () => {
  const events: AttemptEvent[] = [];
  const inner = withScript(await openMemory(), [{ operation: "move", code: "RATE_LIMITED" }]);
  const traced = withInstrumentation(inner, { onAttempt: (event) => events.push(event) });
  const clock = new FakeClock();
  const backend = withRetry(traced, { now: clock.now, sleep: clock.sleep });
  await backend.store("a", bytes("x"));
  await backend.move("a", "b");
  expect(events).toMatchObject([
    { operation: "store", name: "a", newName: undefined, outcome: "done", error: undefined },
    { operation: "move", name: "a", newName: "b", outcome: "failed", error: { code: "RATE_LIMITED" } },
    { operation: "move", name: "a", newName: "b", outcome: "done" },
  ]);
});

test("an abort is told apart from a failure, and a reader that left from both", async () => {
  const events: AttemptEvent[] = [];
  const counters = new AttemptCounters();
  const backend = withInstrumentation(await openMemory(), {
    counters,
    onAttempt: (event) => events.push(event),
  });
  await backend.store("a", bytes("x"));
  await expect(backend.load("a", { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
  for await (const page of backend.list("")) {
    expect(page).toHaveLength(1);
    break;
  }
  await expect(collect(backend.loadStream("missing"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(events.map((event) => [event.operation, event.outcome])).toEqual([
    ["store", "done"],
    ["load", "aborted"],
    ["list", "stopped"],
    ["loadStream", "failed"],
  ]);
  expect(counters.snapshot().load).toMatchObject({ calls: 1, failures: 0, aborts: 1 });
  expect(counters.snapshot().list).toMatchObject({ calls: 1, failures: 0, aborts: 0 });
});

test("a failure that only came after an abort is a failure", async () => {
  const controller = new AbortController();
  const counters = new AttemptCounters();
  const inner = intercept(await openMemory(), {
    label: "aborted meanwhile",
    async call() {
      controller.abort("enough");
      throw new StoreError("NOT_FOUND");
    },
    iterate: (call, next) => next(call),
  });
  const loading = withInstrumentation(inner, { counters }).load("a", { signal: controller.signal });
  await expect(loading).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(counters.snapshot().load).toMatchObject({ calls: 1, failures: 1, aborts: 0 });
});

test("a hook that throws does not touch the operation", async () => {
  const backend = withInstrumentation(await openMemory(), {
    onAttempt: () => {
      throw new Error("in the hook");
    },
  });
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  try {
    const uncaught = new Promise<Error>((resolve) => process.once("uncaughtException", resolve));
    await backend.store("a", bytes("x"));
    expect((await uncaught).message).toBe("in the hook");
  } finally {
    for (const listener of listeners) process.on("uncaughtException", listener);
  }
});

test("with nothing to report to there is no layer", async () => {
  const inner = await openMemory();
  expect(withInstrumentation(inner, {})).toBe(inner);
  const counted = withInstrumentation(inner, { counters: new AttemptCounters() });
  expect(await listNames(counted.list(""))).toEqual([]);
  await expect(counted.store("a", null as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
