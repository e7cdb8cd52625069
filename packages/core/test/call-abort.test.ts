import { expect, test, vi } from "vitest";
import { onAbort } from "../src/abort-listeners.ts";
import { delay, raceAbort, throwIfAborted } from "../src/abort.ts";
import { CallAbort, callSignal, realSignal, withCallAbort } from "../src/call-abort.ts";
import { composeLayers, defineBackend, StoreError, type LoadOptions } from "../src/index.ts";
import { makeTestDriver } from "./guard/test-driver.ts";

const reason = new Error("enough");

/** Counts the AbortControllers that are made while `work` runs. */
async function countControllers(work: () => Promise<unknown>): Promise<number> {
  let made = 0;
  const Original = AbortController;
  vi.stubGlobal(
    "AbortController",
    class extends Original {
      constructor() {
        super();
        made++;
      }
    },
  );
  try {
    await work();
  } finally {
    vi.unstubAllGlobals();
  }
  return made;
}

test("those who wait are called in their order, once, and know the reason", () => {
  const abort = new CallAbort();
  const called: string[] = [];
  onAbort(abort, () => called.push(`first ${String(abort.aborted)}`));
  const second = onAbort(abort, () => called.push("second"));
  const { signal } = abort;
  signal.addEventListener("abort", () => called.push("signal"));
  onAbort(abort, () => called.push("third"));
  second?.remove();
  abort.abort(reason);
  abort.abort(new Error("another"));
  expect(called).toEqual(["first true", "signal", "third"]);
  expect(abort.reason).toBe(reason);
  expect(signal.reason).toBe(reason);
  onAbort(abort, () => called.push("late"));
  expect(called.at(-1)).toBe("late");
});

test("a signal that is asked for after the abort is aborted with the same reason, and stays the same one", () => {
  const abort = new CallAbort();
  abort.abort(reason);
  expect(abort.signal.aborted).toBe(true);
  expect(abort.signal.reason).toBe(reason);
  expect(abort.signal).toBe(abort.signal);
});

test("who is called before the signal's turn and asks for it finds it aborted", () => {
  const abort = new CallAbort();
  const seen: boolean[] = [];
  onAbort(abort, () => seen.push(abort.signal.aborted));
  expect(abort.signal.aborted).toBe(false);
  abort.abort(reason);
  expect(seen).toEqual([true]);
  expect(abort.signal.reason).toBe(reason);
});

test("options keep everything but the signal, which is the abort's also in a copy of them", () => {
  const outer = new AbortController().signal;
  const abort = new CallAbort();
  const given: LoadOptions = { offset: 3, size: 4, signal: outer };
  const options = withCallAbort(given, abort);
  expect(options).toMatchObject({ offset: 3, size: 4 });
  expect(given.signal).toBe(outer);
  expect(callSignal(options)).toBe(abort);
  const copy = { ...options };
  expect(copy.signal).toBe(abort.signal);
  expect(callSignal(copy)).toBe(abort.signal);
  // Another signal in a copy counts, not the abort that the copied options had.
  expect(callSignal({ ...options, signal: outer })).toBe(outer);
  expect(realSignal(callSignal(options))).toBe(abort.signal);
  expect(realSignal(outer)).toBe(outer);
  expect(realSignal(undefined)).toBeUndefined();
  expect(callSignal({})).toBeUndefined();
});

test("options of one abort under those of another make no signal of the first", async () => {
  const made = await countControllers(async () => {
    const given: LoadOptions = { offset: 1 };
    withCallAbort(withCallAbort(given, new CallAbort()), new CallAbort());
  });
  expect(made).toBe(0);
});

test("helpers take it like a signal", async () => {
  const abort = new CallAbort();
  throwIfAborted(abort);
  const waiting = delay(60_000, abort);
  const racing = raceAbort(new Promise(() => undefined), abort);
  abort.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(racing).rejects.toBe(reason);
  expect(() => throwIfAborted(abort)).toThrow(reason);
});

const layers = { deadline: {}, retry: {}, limit: {}, attemptDeadline: {} };

test("the layers of a remote backend make no signal for a call whose driver reads none", async () => {
  const driver = makeTestDriver();
  const backend = composeLayers(defineBackend(driver), layers);
  await backend.open();
  await backend.store("a", new Uint8Array(1));
  expect(
    await countControllers(async () => {
      await backend.load("a");
      await backend.info("a");
      await backend.store("a", new Uint8Array(1));
      await backend.delete("a");
    }),
  ).toBe(0);
  await backend.close();
});

test("a driver that reads the signal gets one that both limits and the caller abort", async () => {
  for (const layer of ["deadline", "attemptDeadline"] as const) {
    const driver = makeTestDriver();
    let seen: AbortSignal | undefined;
    driver.load = (_name, { signal }) => {
      seen = signal;
      return new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
      });
    };
    const limits = { deadline: {}, limit: {}, attemptDeadline: {}, [layer]: { transferMs: 20 } };
    const backend = composeLayers(defineBackend(driver), limits);
    await backend.open();
    const error: unknown = await backend.load("a").catch((failure: unknown) => failure);
    expect(StoreError.is(error, "TIMEOUT")).toBe(true);
    expect(seen?.aborted).toBe(true);
    const controller = new AbortController();
    const loading = backend.load("a", { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 1);
    await expect(loading).rejects.toBe(reason);
    expect(seen?.reason).toBe(reason);
    await backend.close();
  }
});
