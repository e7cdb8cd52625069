import { expect, test } from "vitest";
import {
  intercept,
  StoreError,
  withDeadline,
  withLimit,
  withPermissions,
  withRetry,
  type Backend,
} from "../../src/index.ts";
import { bytes, FakeClock, openMemory, text } from "./support.ts";

/** A medium that finds out only when asked that it cannot create-if-absent, before it reads a source. */
async function probingMemory(): Promise<Backend> {
  return await openMemory({ createIfAbsent: "probe" }, (memory) => ({
    async storeStream(name, source, options) {
      if (options.ifAbsent === true) throw new StoreError("UNSUPPORTED");
      let value: Uint8Array = new Uint8Array(0);
      for await (const piece of source) value = new Uint8Array([...value, ...piece]);
      await memory.store(name, value, options);
    },
  }));
}

async function* hello(): AsyncGenerator<Uint8Array> {
  yield bytes("hello");
}

test("permissions: pieces survive an attempt that was refused before it read them", async () => {
  const backend = await probingMemory();
  await withPermissions(backend, { "": "lrw" }).storeStream("a", hello());
  await withPermissions(withRetry(backend), { "": "lrw" }).storeStream("b", hello());
  expect(text(await backend.load("a"))).toBe("hello");
  expect(text(await backend.load("b"))).toBe("hello");
});

test("permissions: pieces that are not read in the end are released", async () => {
  const backend = await probingMemory();
  await backend.store("a", bytes("old"));
  let released = 0;
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error("nobody reads this")),
      return: () => {
        released++;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const storing = withPermissions(backend, { "": "lrw" }).storeStream("a", source);
  await expect(storing).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  expect(released).toBe(1);
  expect(text(await backend.load("a"))).toBe("old");
});

test("permissions: options that are changed after the check change nothing", async () => {
  const backend = await openMemory();
  await backend.store("a", bytes("old"));
  const options = { ifAbsent: true };
  const storing = withPermissions(withLimit(backend), { "": "lrw" }).store("a", bytes("new"), options);
  options.ifAbsent = false;
  await expect(storing).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  expect(text(await backend.load("a"))).toBe("old");
});

test("deadline: a reader that aborts and leaves between two pages releases the listing, without an error", async () => {
  let released = 0;
  const backend = await openMemory({}, () => ({
    async *list() {
      try {
        yield [{ name: "a", exists: true, size: 0, isDirectory: false }];
        yield [{ name: "b", exists: true, size: 0, isDirectory: false }];
      } finally {
        released++;
      }
    },
  }));
  const controller = new AbortController();
  const names: string[] = [];
  for await (const page of withDeadline(backend).list("", { signal: controller.signal })) {
    names.push(...page.map((item) => item.name));
    controller.abort(new Error("enough"));
    break;
  }
  expect(names).toEqual(["a"]);
  await expect.poll(() => released).toBe(1);
});

test("retry: with a first delay of 0 the budget ends it, however many attempts fit in", async () => {
  const backend = await openMemory();
  const clock = new FakeClock();
  let attempts = 0;
  const failing = intercept(backend, {
    label: "failing",
    call() {
      attempts++;
      clock.ms += 50;
      // Permanent: ends the test, should the budget not.
      return Promise.reject(new StoreError(attempts > 10_000 ? "NO_SPACE" : "CONNECTION"));
    },
    iterate: (call, next) => next(call),
  });
  const retried = withRetry(failing, { now: clock.now, sleep: clock.sleep, firstDelayMs: 0 });
  await expect(retried.info("a")).rejects.toMatchObject({ code: "CONNECTION", retryable: false });
  expect(attempts).toBe(120_000 / 50 + 1);
});

test("limit: a close that is aborted while it waits for its turn closes all the same", async () => {
  let disconnected = 0;
  const backend = await openMemory({}, (memory) => ({
    info: () => new Promise<never>(() => undefined),
    close: async (options) => {
      disconnected++;
      await memory.close(options);
    },
  }));
  const limited = withLimit(backend, { concurrency: 1 });
  limited.info("a").catch(() => undefined);
  const controller = new AbortController();
  const closing = limited.close({ signal: controller.signal });
  controller.abort(new Error("do not wait"));
  await expect(closing).rejects.toThrow("do not wait");
  await expect.poll(() => limited.isOpen).toBe(false);
  expect(disconnected).toBe(1);
});

test("limit: a close that is aborted beforehand does nothing", async () => {
  const backend = await openMemory();
  await expect(withLimit(backend).close({ signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow(
    "no",
  );
  expect(backend.isOpen).toBe(true);
});
