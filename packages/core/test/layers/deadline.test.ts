import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withAttemptDeadline, withDeadline } from "../../src/layers/deadline.ts";
import { intercept } from "../../src/layers/intercept.ts";
import type { Backend } from "../../src/backend.ts";
import { bytes, collect, countingSignal, listNames, openMemory } from "./support.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A backend whose calls never end, and which shows the signals it got. */
function hanging(inner: Backend): Backend & { signals: (AbortSignal | undefined)[] } {
  const signals: (AbortSignal | undefined)[] = [];
  const backend = intercept(inner, {
    label: "hanging",
    call(call) {
      signals.push(call.options.signal);
      return new Promise(() => undefined);
    },
    async *iterate(call, next) {
      signals.push(call.options.signal);
      yield* next(call);
      await new Promise(() => undefined);
    },
  });
  return Object.assign(backend, { signals });
}

async function* slowSource(): AsyncGenerator<Uint8Array> {
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  yield bytes("one");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  yield bytes("two");
}

async function fails(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => "done",
    (error: unknown) => error,
  );
}

test("a call that is never answered rejects with TIMEOUT and is told to stop", async () => {
  const inner = hanging(await openMemory());
  const backend = withDeadline(inner, { metadataMs: 500 });
  const outcome = fails(backend.info("data/a"));
  await vi.advanceTimersByTimeAsync(499);
  expect(inner.signals[0]?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(inner.signals[0]?.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  const error = await outcome;
  expect(error).toMatchObject({
    code: "TIMEOUT",
    retryable: true,
    operation: "info",
    key: "data/a",
    backend: "memory",
  });
  expect((error as Error).message).toContain("500 ms");
  expect(inner.signals[0]?.reason).toBe(error);
  expect(vi.getTimerCount()).toBe(0);
});

test("calls that move whole values have a longer limit than the others", async () => {
  const inner = hanging(await openMemory());
  const backend = withDeadline(inner);
  const seen: string[] = [];
  const note = (what: string, promise: Promise<unknown>): void =>
    void fails(promise).then(() => seen.push(what));
  note("delete", backend.delete("a"));
  note("open", backend.open());
  note("load", backend.load("a"));
  note("hash", backend.hash("a"));
  note("close", backend.close());
  await vi.advanceTimersByTimeAsync(179_999);
  expect(seen).toEqual([]);
  await vi.advanceTimersByTimeAsync(2);
  expect(seen).toEqual(["delete", "open"]);
  await vi.advanceTimersByTimeAsync(3_600_000 - 180_000);
  expect(seen).toEqual(["delete", "open", "load", "hash", "close"]);
});

test("single attempts have shorter limits", async () => {
  const backend = withAttemptDeadline(hanging(await openMemory()));
  const outcome = fails(backend.info("a"));
  await vi.advanceTimersByTimeAsync(60_001);
  expect(await outcome).toMatchObject({ code: "TIMEOUT" });
});

test("an abort by the caller rejects with its reason, also when nothing below reacts", async () => {
  const inner = hanging(await openMemory());
  const backend = withDeadline(inner);
  const { signal, abort, listeners } = countingSignal();
  const outcome = fails(backend.load("a", { signal }));
  await vi.advanceTimersByTimeAsync(10);
  expect(listeners()).toBe(1);
  const reason = new Error("enough");
  abort(reason);
  await vi.advanceTimersByTimeAsync(1);
  expect(await outcome).toBe(reason);
  expect(inner.signals[0]?.reason).toBe(reason);
  expect(listeners()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  expect(await fails(backend.load("a", { signal }))).toBe(reason);
  expect(inner.signals).toHaveLength(1);
});

test("a call that is answered leaves no timer and no listener", async () => {
  const backend = withDeadline(await openMemory());
  const { signal, listeners } = countingSignal();
  await backend.store("a", bytes("x"), { signal });
  await backend.storeStream("b", [bytes("x")], { signal });
  await listNames(backend.list("", { signal }));
  await collect(backend.loadStream("a", { signal }));
  expect(await fails(backend.load("missing", { signal }))).toMatchObject({ code: "NOT_FOUND" });
  expect(listeners()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("a stalled listing ends with TIMEOUT, after the pages that came", async () => {
  const memory = await openMemory();
  await memory.store("a", bytes("x"));
  const inner = hanging(memory);
  const backend = withDeadline(inner, { stepMs: 1000 });
  const names: string[] = [];
  const outcome = fails(
    (async () => {
      for await (const page of backend.list("")) names.push(...page.map((item) => item.name));
    })(),
  );
  await vi.advanceTimersByTimeAsync(999);
  expect(names).toEqual(["a"]);
  await vi.advanceTimersByTimeAsync(2);
  expect(await outcome).toMatchObject({ code: "TIMEOUT", operation: "list" });
  expect(inner.signals[0]?.aborted).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test("the time that a reader takes between pieces does not count", async () => {
  const inner = await openMemory({}, () => ({
    loadStream: async function* () {
      yield bytes("one");
      yield bytes("two");
    },
  }));
  const backend = withDeadline(inner, { stepMs: 100 });
  const pieces: string[] = [];
  for await (const piece of backend.loadStream("a")) {
    pieces.push(new TextDecoder().decode(piece));
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(10_000);
  }
  expect(pieces).toEqual(["one", "two"]);
});

test("an abort between two pieces comes out of the next step, and the stream below is released", async () => {
  let isReleased = false;
  const inner = await openMemory({}, () => ({
    loadStream: async function* () {
      try {
        yield bytes("one");
        yield bytes("two");
      } finally {
        isReleased = true;
      }
    },
  }));
  const controller = new AbortController();
  const reason = new Error("enough");
  const pieces = withDeadline(inner).loadStream("a", { signal: controller.signal })[Symbol.asyncIterator]();
  await pieces.next();
  controller.abort(reason);
  expect(await fails(pieces.next())).toBe(reason);
  await vi.advanceTimersByTimeAsync(0);
  expect(isReleased).toBe(true);
});

test("a reader that stops early releases the stream below before its own call returns", async () => {
  let isReleased = false;
  const inner = await openMemory({}, () => ({
    loadStream: async function* () {
      try {
        yield bytes("one");
      } finally {
        isReleased = true;
      }
    },
  }));
  for await (const piece of withDeadline(inner).loadStream("a")) {
    expect(piece).toEqual(bytes("one"));
    break;
  }
  expect(isReleased).toBe(true);
});

test("a slow source is no stall, a medium that does not take the next piece is", async () => {
  let isStuck = false;
  const inner = await openMemory({}, () => ({
    storeStream: async (_name, source) => {
      for await (const piece of source)
        if (isStuck && piece.byteLength > 0) await new Promise(() => undefined);
    },
  }));
  const backend = withDeadline(inner, { transferMs: 1000 });
  const first = fails(backend.storeStream("a", slowSource()));
  await vi.advanceTimersByTimeAsync(120_000);
  expect(await first).toBe("done");
  isStuck = true;
  const second = fails(backend.storeStream("a", slowSource));
  await vi.advanceTimersByTimeAsync(61_001);
  expect(await second).toMatchObject({ code: "TIMEOUT", operation: "storeStream", key: "a" });
});

test("an aborted call that reacts leaves no timer, nor does a source that goes on after it", async () => {
  const { signal, abort } = countingSignal();
  const inner = await openMemory();
  let deliver: (() => void) | undefined;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    await new Promise<void>((resolve) => (deliver = resolve));
    yield bytes("x");
  };
  const outcome = fails(withDeadline(inner).storeStream("a", source(), { signal }));
  await vi.advanceTimersByTimeAsync(1);
  abort("enough");
  expect(await outcome).toBe("enough");
  expect(vi.getTimerCount()).toBe(0);
  deliver?.();
  await vi.advanceTimersByTimeAsync(1);
  expect(vi.getTimerCount()).toBe(0);
});

test("an abort that comes too late leaves the outcome to the backend", async () => {
  const controller = new AbortController();
  const inner = intercept(await openMemory(), {
    label: "late",
    async call(call, next) {
      const result = await next(call);
      controller.abort("too late");
      return result;
    },
    iterate: (call, next) => next(call),
  });
  const storing = withDeadline(inner).store("a", bytes("x"), { signal: controller.signal });
  await expect(storing).resolves.toBeUndefined();
});

test("an infinite limit sets no timer, and one out of range is refused", async () => {
  const memory = await openMemory();
  const backend = withDeadline(hanging(memory), { metadataMs: Infinity });
  const controller = new AbortController();
  const outcome = fails(backend.info("a", { signal: controller.signal }));
  await vi.advanceTimersByTimeAsync(1);
  expect(vi.getTimerCount()).toBe(0);
  controller.abort("over");
  await vi.advanceTimersByTimeAsync(1);
  expect(await outcome).toBe("over");
  for (const limit of [0, -1, NaN]) {
    expect(() => withDeadline(memory, { stepMs: limit })).toThrow(
      expect.objectContaining({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("deadline.stepMs") as string,
      }),
    );
  }
});

test("what is no source is refused with all that is known about the call", async () => {
  const backend = withDeadline(await openMemory());
  await expect(backend.storeStream("a", 5 as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    operation: "storeStream",
    key: "a",
    backend: "memory",
  });
  await expect(backend.storeStream("a", (() => 5) as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
