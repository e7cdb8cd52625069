import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend.ts";
import type { StoreErrorCode } from "../../src/errors.ts";
import type { RetryOptions } from "../../src/layers/retry-attempts.ts";
import { withRetry } from "../../src/layers/retry.ts";
import { intercept } from "../../src/layers/intercept.ts";
import { StoreError } from "../../src/errors.ts";
import { bytes, FakeClock, openMemory, text, withScript, type Fault } from "./support.ts";

/** A memory backend that fails by a script, under the retry layer with a clock that never waits. */
async function scripted(
  script: readonly Fault[],
  capabilities: Parameters<typeof openMemory>[0] = {},
): Promise<{ memory: Backend; inner: ReturnType<typeof withScript>; backend: Backend; clock: FakeClock }> {
  const memory = await openMemory(capabilities);
  const inner = withScript(memory, script);
  const clock = new FakeClock();
  return { memory, inner, backend: withRetry(inner, quick(clock)), clock };
}

/** A memory backend whose first move is cut off when both names are there, under the retry layer. */
async function cutOffMove(
  onHash: (name: string) => Promise<void> = async () => {},
): Promise<{ memory: Backend; backend: Backend }> {
  const memory = await openMemory();
  let isCutOff = false;
  const inner = intercept(memory, {
    label: "cut off",
    async call(call, next) {
      if (call.operation === "move" && !isCutOff) {
        isCutOff = true;
        await memory.store(call.newName, await memory.load(call.name), { ifAbsent: true });
        throw new StoreError("CONNECTION");
      }
      const result = await next(call);
      if (call.operation === "hash") await onHash(call.name);
      return result;
    },
    iterate: (call, next) => next(call),
  });
  return { memory, backend: withRetry(inner, quick(new FakeClock())) };
}

function quick(clock: FakeClock): RetryOptions {
  return { now: clock.now, sleep: clock.sleep, random: () => 1 };
}

/** A backend that always fails, and takes some time for it. */
function failing(
  memory: Backend,
  code: StoreErrorCode,
  clock: FakeClock,
  takesMs = 0,
): Backend & { attempts: number } {
  const backend = intercept(memory, {
    label: "failing",
    async call() {
      counter.attempts++;
      clock.ms += takesMs;
      throw new StoreError(code);
    },
    iterate: (call, next) => next(call),
  });
  const counter = Object.assign(backend, { attempts: 0 });
  return counter;
}

test("a transient failure is repeated until it passes", async () => {
  const { memory, inner, backend, clock } = await scripted([
    { operation: "load" },
    { operation: "load", code: "TIMEOUT" },
    { operation: "load", code: "UNAVAILABLE" },
  ]);
  await memory.store("a", bytes("value"));
  expect(text(await backend.load("a"))).toBe("value");
  expect(inner.calls).toEqual(["load", "load", "load", "load"]);
  expect(clock.sleeps).toEqual([250, 500, 1000]);
});

test("half of each wait is random, and it never grows beyond its limit", async () => {
  const clock = new FakeClock();
  const inner = failing(await openMemory(), "UNAVAILABLE", clock);
  const backend = withRetry(inner, { ...quick(clock), random: () => 0, maxDelayMs: 1000 });
  await expect(backend.info("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(clock.sleeps.slice(0, 5)).toEqual([125, 250, 500, 500, 500]);
});

test("when the budget is spent the last error is thrown on, not retryable any more", async () => {
  const clock = new FakeClock();
  const inner = failing(await openMemory(), "CONNECTION", clock);
  await expect(withRetry(inner, quick(clock)).info("a")).rejects.toMatchObject({
    code: "CONNECTION",
    retryable: false,
  });
  expect(clock.ms).toBeGreaterThan(100_000);
  expect(clock.ms).toBeLessThanOrEqual(120_000);
});

test("a call that outlasts the budget is repeated once all the same", async () => {
  const clock = new FakeClock();
  const inner = failing(await openMemory(), "TIMEOUT", clock, 500_000);
  await expect(withRetry(inner, quick(clock)).load("a")).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(inner.attempts).toBe(2);
});

test("opening and creating have a smaller budget", async () => {
  const clock = new FakeClock();
  const inner = failing(await openMemory(), "CONNECTION", clock);
  await expect(withRetry(inner, quick(clock)).open()).rejects.toMatchObject({ code: "CONNECTION" });
  await expect(withRetry(inner, quick(clock)).create()).rejects.toMatchObject({ code: "CONNECTION" });
  expect(clock.ms).toBeLessThanOrEqual(40_000);
});

test.each(["NOT_FOUND", "PERMISSION_DENIED", "NO_SPACE", "UNEXPECTED", "INTEGRITY", "RANGE"] as const)(
  "%s is permanent and not repeated",
  async (code) => {
    const { inner, backend, clock } = await scripted([{ operation: "info", code }]);
    await expect(backend.info("a")).rejects.toMatchObject({ code });
    expect(inner.calls).toEqual(["info"]);
    expect(clock.sleeps).toEqual([]);
  },
);

test("whether to repeat is decided by the error, not by its code alone", async () => {
  const clock = new FakeClock();
  let attempts = 0;
  const flaky = intercept(await openMemory(), {
    label: "flaky",
    async call(call, next) {
      if (call.operation === "load" && ++attempts === 1)
        throw new StoreError("INTEGRITY", { retryable: true });
      return await next(call);
    },
    iterate: (call, next) => next(call),
  });
  const backend = withRetry(flaky, quick(clock));
  await backend.store("a", bytes("x"));
  expect(text(await backend.load("a"))).toBe("x");
});

test("an abort is never repeated, and ends a wait at once", async () => {
  const memory = await openMemory();
  const inner = withScript(memory, [{ operation: "info" }]);
  const controller = new AbortController();
  const reason = new StoreError("TIMEOUT");
  const backend = withRetry(inner, {
    sleep: async (ms) => {
      expect(ms).toBeGreaterThan(0);
      controller.abort(reason);
    },
  });
  await expect(backend.info("a", { signal: controller.signal })).rejects.toBe(reason);
  await expect(backend.info("a", { signal: controller.signal })).rejects.toBe(reason);
  expect(reason.retryable).toBe(true);
  expect(inner.calls).toEqual(["info", "info"]);
});

test("an abort wins over the error of the attempt that it met", async () => {
  const controller = new AbortController();
  const inner = intercept(await openMemory(), {
    label: "aborted meanwhile",
    async call() {
      controller.abort("enough");
      throw new StoreError("NOT_FOUND");
    },
    iterate: (call, next) => next(call),
  });
  await expect(withRetry(inner).delete("a", { signal: controller.signal })).rejects.toBe("enough");
});

test("with the real timer an abort does not wait for the end of the sleep", async () => {
  const controller = new AbortController();
  const inner = intercept(await openMemory(), {
    label: "aborts soon",
    async call() {
      setTimeout(() => controller.abort("enough"), 0);
      throw new StoreError("CONNECTION");
    },
    iterate: (call, next) => next(call),
  });
  const backend = withRetry(inner, { firstDelayMs: 1e9, maxDelayMs: 1e9 });
  await expect(backend.info("a", { signal: controller.signal })).rejects.toBe("enough");
});

describe("when the answer of the first attempt was lost", () => {
  test("delete and rmdir take what is gone for done", async () => {
    const { memory, backend } = await scripted([
      { operation: "delete", when: "after" },
      { operation: "rmdir", when: "after" },
    ]);
    await memory.store("a", bytes("x"));
    await memory.mkdir("d");
    await backend.delete("a");
    await backend.rmdir("d");
    expect(await memory.info("a")).toMatchObject({ exists: false });
    await expect(backend.delete("a")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a request that was only told to slow down was not carried out, so not found stays not found", async () => {
    const { backend } = await scripted([
      { operation: "delete", code: "RATE_LIMITED" },
      { operation: "move", code: "RATE_LIMITED" },
    ]);
    await expect(backend.delete("a")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await backend.store("b", bytes("x"));
    await expect(backend.move("a", "b")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a request that was never sent was not carried out, so not found stays not found", async () => {
    const { backend } = await scripted([
      { operation: "delete", unsent: true },
      { operation: "deleteMany", unsent: true },
      { operation: "move", unsent: true },
    ]);
    await expect(backend.delete("a")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(backend.deleteMany(["a"])).resolves.toMatchObject([{ error: { code: "NOT_FOUND" } }]);
    await backend.store("b", bytes("x"));
    await expect(backend.move("a", "b")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test.each([{}, { ifAbsent: true }])("move with %j finds its target and is done", async (options) => {
    const { memory, backend } = await scripted([{ operation: "move", when: "after" }]);
    await memory.store("a", bytes("x"));
    await backend.move("a", "b", options);
    expect(text(await memory.load("b"))).toBe("x");
    expect(await memory.info("a")).toMatchObject({ exists: false });
  });

  test("move of what is neither here nor there is not found, also onto itself", async () => {
    const { backend } = await scripted([{ operation: "move" }, { operation: "move" }]);
    await expect(backend.move("a", "b")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(backend.move("a", "a")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("move onto itself never loses the object", async () => {
    const { memory, backend } = await scripted([{ operation: "move" }], { atomicMove: false });
    await memory.store("a", bytes("x"));
    await expect(backend.move("a", "a", { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(text(await memory.load("a"))).toBe("x");
  });

  test("move with ifAbsent onto somebody else's object stays refused", async () => {
    const { memory, backend } = await scripted([{ operation: "move" }]);
    await memory.store("a", bytes("x"));
    await memory.store("b", bytes("y"));
    await expect(backend.move("a", "b", { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(text(await memory.load("a"))).toBe("x");
    expect(text(await memory.load("b"))).toBe("y");
  });

  test.each(["value", ""])(
    "move with ifAbsent that was cut off between its two steps is completed (of %j)",
    async (value) => {
      const { memory, backend } = await cutOffMove();
      await memory.store("a", bytes(value));
      await backend.move("a", "b", { ifAbsent: true });
      expect(await memory.info("a")).toMatchObject({ exists: false });
      expect(text(await memory.load("b"))).toBe(value);
    },
  );

  test.each([
    ["b", "newer"],
    ["a", "newer by far"],
  ])("what is stored under the old name while %s is hashed stays", async (hashed, newer) => {
    const { memory, backend } = await cutOffMove(async (name) => {
      if (name === hashed) await memory.store("a", bytes(newer));
    });
    await memory.store("a", bytes("value"));
    await expect(backend.move("a", "b", { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(text(await memory.load("a"))).toBe(newer);
    expect(text(await memory.load("b"))).toBe("value");
  });

  test("a move in one step, without ifAbsent, never deletes an object of the same content", async () => {
    const { memory, backend } = await scripted(
      [{ operation: "move" }, { operation: "move", code: "UNSUPPORTED" }],
      { atomicReplace: false },
    );
    await memory.store("a", bytes("same"));
    await memory.store("b", bytes("same"));
    await expect(backend.move("a", "b")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(await memory.info("a")).toMatchObject({ exists: true });
  });

  test("a move that is a copy and a delete is completed when its copy is there", async () => {
    const { memory, backend } = await scripted([{ operation: "move" }, { operation: "move" }], {
      atomicMove: false,
    });
    await memory.store("a", bytes("same"));
    await memory.store("b", bytes("same"));
    await backend.move("a", "b", { ifAbsent: true });
    expect(await memory.info("a")).toMatchObject({ exists: false });
    await memory.store("a", bytes("diff"));
    await expect(backend.move("a", "b", { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(text(await memory.load("a"))).toBe("diff");
    expect(text(await memory.load("b"))).toBe("same");
  });

  test("store with ifAbsent is done when exactly its value is there", async () => {
    const { memory, backend } = await scripted([{ operation: "store", when: "after" }]);
    await backend.store("a", new DataView(bytes("value").buffer), { ifAbsent: true });
    expect(text(await memory.load("a"))).toBe("value");
  });

  test.each(["other", "value and more", "valu", ""])(
    "store with ifAbsent of 'value' is refused over '%s'",
    async (there) => {
      const { memory, backend } = await scripted([{ operation: "store" }]);
      await memory.store("a", bytes(there));
      await expect(backend.store("a", bytes("value"), { ifAbsent: true })).rejects.toMatchObject({
        code: "ALREADY_EXISTS",
      });
      expect(text(await memory.load("a"))).toBe(there);
    },
  );

  test("comparing is repeated too when it fails by chance, and leaves the error as it was otherwise", async () => {
    const first = await scripted([{ operation: "store", when: "after" }, { operation: "loadStream" }]);
    await first.backend.store("a", bytes("value"), { ifAbsent: true });
    expect(first.inner.calls).toEqual([
      "store",
      "store",
      "info",
      "loadStream",
      "store",
      "info",
      "loadStream",
    ]);
    const second = await scripted([
      { operation: "store", when: "after" },
      { operation: "info", code: "PERMISSION_DENIED" },
    ]);
    await expect(second.backend.store("a", bytes("value"), { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
  });

  test("a medium that cannot replace has the value already", async () => {
    const memory = await openMemory({ atomicReplace: false }, (driver) => ({
      store: async (name, value, options) => {
        if ((await driver.info(name, {})).exists) throw new StoreError("UNSUPPORTED");
        await driver.store(name, value, options);
      },
    }));
    const backend = withRetry(
      withScript(memory, [{ operation: "store", when: "after" }]),
      quick(new FakeClock()),
    );
    await backend.store("a", bytes("value"));
    await expect(backend.store("a", bytes("value"))).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  test("destroy is done when there is no storage, create is not done when there is one", async () => {
    const { memory, backend } = await scripted([
      { operation: "destroy", when: "after" },
      { operation: "create" },
    ]);
    await memory.close();
    await backend.destroy();
    await backend.create();
    await backend.open();
    await backend.store("a", bytes("x"));
    await backend.close();
    const other = withRetry(withScript(memory, [{ operation: "create" }]), quick(new FakeClock()));
    await expect(other.create()).rejects.toMatchObject({ code: "BACKEND_EXISTS" });
  });

  test("defrag is repeated", async () => {
    const { memory, backend } = await scripted([{ operation: "defrag", when: "after" }]);
    await memory.store("a", bytes("abcd"));
    await backend.defrag([{ name: "a", offset: 1, size: 3 }], { name: "b" });
    expect(text(await memory.load("b"))).toBe("bcd");
  });

  test("defrag onto one of its own sources is not repeated, unless it was surely not done", async () => {
    const { memory, backend, inner } = await scripted([
      { operation: "defrag", code: "RATE_LIMITED" },
      { operation: "defrag", when: "after" },
    ]);
    await memory.store("a", bytes("abcd"));
    const defrag = backend.defrag([{ name: "a", offset: 1, size: 3 }], { name: "a" });
    await expect(defrag).rejects.toMatchObject({ code: "CONNECTION", retryable: false });
    expect(text(await memory.load("a"))).toBe("bcd");
    expect(inner.calls).toEqual(["defrag", "defrag"]);
  });
});

test("close is never repeated, so a failure to make durable is not hidden", async () => {
  const { backend, inner } = await scripted([{ operation: "close" }]);
  await expect(backend.close()).rejects.toMatchObject({ code: "CONNECTION" });
  expect(inner.calls).toEqual(["close"]);
});

/** Stores "one", "two" with a lost first attempt where `there` is already. */
async function storeOver(there: readonly string[]): Promise<void> {
  const memory = await openMemory({}, () => ({
    loadStream: async function* () {
      for (const piece of there) yield bytes(piece);
    },
  }));
  await memory.store("a", bytes("whatever"));
  const backend = withRetry(withScript(memory, [{ operation: "storeStream" }]), quick(new FakeClock()));
  await backend.storeStream("a", () => [bytes("one"), bytes("two")], { ifAbsent: true });
}

describe("storeStream", () => {
  test("is repeated with a source that can be started anew, and whole", async () => {
    const { memory, backend } = await scripted([{ operation: "storeStream", when: "after" }]);
    let starts = 0;
    await backend.storeStream("a", () => {
      starts++;
      return [bytes("one"), bytes("two")];
    });
    expect(starts).toBe(2);
    expect(text(await memory.load("a"))).toBe("onetwo");
  });

  test("is not repeated with pieces that were begun to be read", async () => {
    const { backend, inner } = await scripted([{ operation: "storeStream", when: "after" }]);
    const storing = backend.storeStream("a", [bytes("one")]);
    await expect(storing).rejects.toMatchObject({ code: "CONNECTION", retryable: false });
    expect(inner.calls).toEqual(["storeStream"]);
  });

  test("is repeated with pieces that nobody touched", async () => {
    const { memory, backend } = await scripted([{ operation: "storeStream" }]);
    const once = (function* () {
      yield bytes("one");
      yield bytes("two");
    })();
    await backend.storeStream("a", once);
    expect(text(await memory.load("a"))).toBe("onetwo");
  });

  test("throws an error of the source on as it is, also a retryable one", async () => {
    const { backend, inner } = await scripted([]);
    const error = new StoreError("CONNECTION");
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes("one");
      throw error;
    };
    await expect(backend.storeStream("a", source)).rejects.toBe(error);
    expect(error.retryable).toBe(true);
    expect(inner.calls).toEqual(["storeStream"]);
  });

  test.each([[["one", "two"]], [["o", "netw", "", "o"]], [["onetwo", ""]]])(
    "with ifAbsent is done when the pieces %j are there",
    async (there) => {
      await expect(storeOver(there)).resolves.toBeUndefined();
    },
  );

  test.each([[["onetwo", "three"]], [["onet"]], [["ONETWO"]], [[]]])(
    "with ifAbsent is refused when the pieces %j are there",
    async (there) => {
      await expect(storeOver(there)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    },
  );

  test("releases pieces that were never read after the last attempt, not before", async () => {
    let released = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async (): Promise<IteratorResult<Uint8Array>> => ({ done: true, value: undefined }),
        return: async (): Promise<IteratorResult<Uint8Array>> => {
          released++;
          return { done: true, value: undefined };
        },
      }),
    };
    const failsUnread = async (): Promise<void> => {
      throw new StoreError(released === 0 ? "CONNECTION" : "NO_SPACE");
    };
    const memory = await openMemory({}, () => ({ storeStream: failsUnread }));
    const storing = withRetry(memory, quick(new FakeClock())).storeStream("a", source);
    await expect(storing).rejects.toMatchObject({ code: "CONNECTION" });
    expect(released).toBe(1);
  });
});
