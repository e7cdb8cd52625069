import { expect, test, vi } from "vitest";
import { raceAbort, throwIfAborted } from "../src/abort.ts";
import { delay } from "../src/index.ts";
import { makeGate, turnOfEventLoop } from "./guard/test-driver.ts";

test("without a signal the promise itself comes back", async () => {
  const promise = Promise.resolve(7);
  expect(raceAbort(promise, undefined)).toBe(promise);
  await expect(promise).resolves.toBe(7);
});

test("settles as the promise does while nothing is aborted", async () => {
  const { signal } = new AbortController();
  await expect(raceAbort(Promise.resolve(7), signal)).resolves.toBe(7);
  await expect(raceAbort(Promise.reject(new Error("x")), signal)).rejects.toThrow("x");
});

test("an abort rejects with the reason, and a later rejection of the promise is no unhandled one", async () => {
  const unhandled = vi.fn<(reason: unknown) => void>();
  process.on("unhandledRejection", unhandled);
  for (const isEarly of [true, false]) {
    const gate = makeGate();
    const controller = new AbortController();
    if (isEarly) controller.abort("reason");
    const racing = raceAbort(gate.promise, controller.signal);
    controller.abort("reason");
    await expect(racing).rejects.toBe("reason");
    gate.reject(new Error("too late"));
    await turnOfEventLoop();
  }
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test("an abort after the outcome was decided comes too late", async () => {
  const gate = makeGate<number>();
  const controller = new AbortController();
  const racing = raceAbort(gate.promise, controller.signal, () => true);
  controller.abort();
  gate.resolve(7);
  await expect(racing).resolves.toBe(7);
});

test("throwIfAborted throws the reason as it is", () => {
  throwIfAborted(undefined);
  throwIfAborted(new AbortController().signal);
  let thrown: unknown;
  try {
    throwIfAborted(AbortSignal.abort("reason"));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBe("reason");
});

test("a delay ends in time, or with the reason of an abort, and leaves no timer", async () => {
  vi.useFakeTimers();
  try {
    let isOver = false;
    const waiting = delay(1000).then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toBe(true);
    const controller = new AbortController();
    const aborted = delay(1000, controller.signal);
    controller.abort("reason");
    await expect(aborted).rejects.toBe("reason");
    await expect(delay(1000, controller.signal)).rejects.toBe("reason");
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
