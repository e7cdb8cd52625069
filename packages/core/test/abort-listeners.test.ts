import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { onAbort } from "../src/abort-listeners.ts";
import { composeLayers, AttemptCounters, defineBackend, delay, type Backend } from "../src/index.ts";
import { makeGate, makeTestDriver, turnOfEventLoop, type Gate } from "./guard/test-driver.ts";

const warnings: Error[] = [];
const note = (warning: Error): void => void warnings.push(warning);

beforeEach(() => {
  warnings.length = 0;
  process.on("warning", note);
});

afterEach(async () => {
  // Node emits warnings on a later turn.
  await turnOfEventLoop();
  process.off("warning", note);
  if (warnings.length > 0) throw new Error("the process was warned", { cause: warnings });
});

function listenersOn(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

test("callbacks of one signal share one listener and are called in their order", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const called: number[] = [];
  const waiting = Array.from({ length: 6 }, (_unused, i) => onAbort(signal, () => called.push(i)));
  expect(listenersOn(signal)).toBe(1);
  for (const i of [0, 3, 5]) waiting[i]?.remove();
  waiting[3]?.remove();
  controller.abort();
  expect(called).toEqual([1, 2, 4]);
  waiting[1]?.remove();
  expect(listenersOn(signal)).toBe(0);
});

test("the listener goes with the last callback, and comes again with the next one", () => {
  const controller = new AbortController();
  const { signal } = controller;
  for (let round = 0; round < 3; round++) {
    const first = onAbort(signal, () => undefined);
    const second = onAbort(signal, () => undefined);
    first?.remove();
    expect(listenersOn(signal)).toBe(1);
    second?.remove();
    expect(listenersOn(signal)).toBe(0);
  }
  let calls = 0;
  onAbort(signal, () => calls++);
  controller.abort();
  expect(calls).toBe(1);
});

test("a callback may remove another one, and ask for more", () => {
  const controller = new AbortController();
  const { signal } = controller;
  const called: string[] = [];
  onAbort(signal, () => {
    called.push("first");
    second?.remove();
    onAbort(signal, () => called.push("at once"));
  });
  const second = onAbort(signal, () => called.push("second"));
  onAbort(signal, () => called.push("third"));
  controller.abort();
  expect(called).toEqual(["first", "at once", "third"]);
});

test("an aborted signal calls at once, and without a signal nothing is registered", () => {
  const signal = AbortSignal.abort();
  let calls = 0;
  expect(onAbort(signal, () => calls++)).toBeUndefined();
  expect(calls).toBe(1);
  expect(listenersOn(signal)).toBe(0);
  expect(onAbort(undefined, () => calls++)).toBeUndefined();
  expect(calls).toBe(1);
});

test("signals that take turns keep their own callbacks, one listener each", () => {
  const controllers = Array.from({ length: 5 }, () => new AbortController());
  const called: string[] = [];
  for (let round = 0; round < 3; round++) {
    for (const [i, { signal }] of controllers.entries()) {
      const gone = onAbort(signal, () => called.push("gone"));
      onAbort(signal, () => called.push(`${i}.${round}`));
      gone?.remove();
    }
  }
  expect(controllers.map(({ signal }) => listenersOn(signal))).toEqual([1, 1, 1, 1, 1]);
  controllers[3]?.abort();
  expect(called).toEqual(["3.0", "3.1", "3.2"]);
  controllers[0]?.abort();
  expect(called.slice(3)).toEqual(["0.0", "0.1", "0.2"]);
  expect(controllers.map(({ signal }) => listenersOn(signal))).toEqual([0, 1, 1, 0, 1]);
});

const stacks: Readonly<Record<string, (inner: Backend) => Backend>> = {
  "the guard": (inner) => inner,
  "all layers": (inner) =>
    composeLayers(inner, {
      permissions: { "": "lrwWD" },
      deadline: {},
      retry: {},
      instrumentation: { counters: new AttemptCounters() },
      limit: { concurrency: 600 },
      attemptDeadline: {},
      emulation: { latencyUs: 1 },
    }),
};

/** A backend whose `info` waits for a gate; `reached` tells how many calls wait there. */
async function waitingBackend(
  wrap: (inner: Backend) => Backend,
): Promise<{ backend: Backend; gate: Gate; reached: () => number }> {
  const gate = makeGate();
  let reached = 0;
  const driver = makeTestDriver({
    info: async (name) => {
      reached++;
      await gate.promise;
      return { name, exists: false, size: 0, isDirectory: false };
    },
  });
  const backend = wrap(defineBackend(driver));
  await backend.open();
  return { backend, gate, reached: () => reached };
}

for (const [name, wrap] of Object.entries(stacks)) {
  test(`1,000 calls at once through ${name} share a signal: one listener, none when they are done`, async () => {
    const { backend, gate, reached } = await waitingBackend(wrap);
    const { signal } = new AbortController();
    const calls = Array.from({ length: 1_000 }, (_unused, i) => backend.info(`data/${i}`, { signal }));
    while (reached() < 600) await turnOfEventLoop();
    expect(listenersOn(signal)).toBe(1);
    gate.resolve();
    expect((await Promise.all(calls)).map((item) => item.name)).toHaveLength(1_000);
    expect(listenersOn(signal)).toBe(0);
  });

  test(`an abort reaches all of 1,000 calls at once through ${name}, wherever they wait`, async () => {
    const { backend, gate, reached } = await waitingBackend(wrap);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 1_000 }, (_unused, i) => backend.info(`data/${i}`, { signal }));
    const outcomes = Promise.allSettled(calls);
    while (reached() < 600) await turnOfEventLoop();
    const reason = new Error("enough");
    controller.abort(reason);
    for (const outcome of await outcomes) expect(outcome).toEqual({ status: "rejected", reason });
    expect(listenersOn(signal)).toBe(0);
    gate.resolve();
    await backend.close();
  });
}

test("1,000 delays may share a signal", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const delays = Array.from({ length: 1_000 }, (_unused, i) => delay(i < 500 ? 0 : 1e6, signal));
  expect(listenersOn(signal)).toBe(1);
  await Promise.all(delays.slice(0, 500));
  const outcomes = Promise.allSettled(delays.slice(500));
  controller.abort("enough");
  expect(new Set((await outcomes).map((outcome) => outcome.status))).toEqual(new Set(["rejected"]));
  expect(listenersOn(signal)).toBe(0);
});
