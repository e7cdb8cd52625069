import { expect, test } from "vitest";
import type { Backend } from "../../src/backend.ts";
import { withLimit } from "../../src/layers/limit.ts";
import { Slots } from "../../src/layers/slots.ts";
import { bytes, collect, countingSignal, listNames, openMemory, text } from "./support.ts";

/** A backend whose loads end when they are told to. */
async function stepwise(): Promise<{
  inner: Backend;
  started: string[];
  finish: (name: string) => Promise<void>;
}> {
  const started: string[] = [];
  const open = new Map<string, () => void>();
  const inner = await openMemory({}, (driver) => ({
    load: async (name, options) => {
      started.push(name);
      await new Promise<void>((resolve) => open.set(name, resolve));
      return await driver.load(name, options);
    },
  }));
  for (const name of ["a", "b", "c", "d"]) await inner.store(name, bytes(name));
  const finish = async (name: string): Promise<void> => {
    open.get(name)?.();
    await settled();
  };
  return { inner, started, finish };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("no more than the limit are under way, and those who wait are served in turn", async () => {
  const { inner, started, finish } = await stepwise();
  const backend = withLimit(inner, { concurrency: 2 });
  const loads = ["a", "b", "c", "d"].map((name) => backend.load(name));
  await settled();
  expect(started).toEqual(["a", "b"]);
  await finish("b");
  expect(started).toEqual(["a", "b", "c"]);
  await finish("a");
  await finish("c");
  await finish("d");
  expect((await Promise.all(loads)).map(text)).toEqual(["a", "b", "c", "d"]);
});

test.each([
  ["16", undefined, {}, 16],
  ["what suits the medium", 3, {}, 3],
  ["what was asked for, whatever suits the medium", 3, { concurrency: 5 }, 5],
  ["what suits the medium, also where the option is undefined", 3, { concurrency: undefined }, 3],
])("the limit is %s", async (_what, suiting, options, most) => {
  let running = 0;
  let seen = 0;
  const inner = await openMemory(suiting === undefined ? {} : { concurrency: suiting }, (driver) => ({
    info: async (name, infoOptions) => {
      seen = Math.max(seen, ++running);
      await settled();
      running--;
      return await driver.info(name, infoOptions);
    },
  }));
  const backend = withLimit(inner, options);
  await Promise.all(Array.from({ length: 40 }, (_, i) => backend.info(`n${i}`)));
  expect(seen).toBe(most);
});

test.each([0, 1.5, Number.NaN, Infinity])(
  "a medium that says %s suits it is refused",
  async (concurrency) => {
    const inner = await openMemory({ concurrency });
    expect(() => withLimit(inner)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  },
);

test("a failed operation gives its slot back", async () => {
  const backend = withLimit(await openMemory(), { concurrency: 1 });
  await expect(backend.load("missing")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(collect(backend.loadStream("missing"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  await backend.store("a", bytes("x"));
  expect(text(await backend.load("a"))).toBe("x");
});

test("an aborted waiter leaves the queue at once, and its listener goes with it", async () => {
  const { inner, started, finish } = await stepwise();
  const backend = withLimit(inner, { concurrency: 1 });
  const first = backend.load("a");
  const { signal, abort, listeners } = countingSignal();
  const second = backend.load("b", { signal });
  const third = backend.load("c");
  await settled();
  expect(listeners()).toBe(1);
  abort("enough");
  await expect(second).rejects.toBe("enough");
  await finish("a");
  await first;
  expect(started).toEqual(["a", "c"]);
  await finish("c");
  await third;
  const other = countingSignal();
  const next = backend.load("b");
  const queued = backend.load("d", { signal: other.signal });
  await settled();
  await finish("b");
  await finish("d");
  await Promise.all([next, queued]);
  expect(other.listeners()).toBe(0);
});

test("listings and streams hold nothing between their steps", async () => {
  const backend = withLimit(await openMemory(), { concurrency: 1 });
  await backend.store("a", bytes("x"));
  for await (const page of backend.list("")) {
    for (const item of page) expect(text(await backend.load(item.name))).toBe("x");
  }
  for await (const piece of backend.loadStream("a")) await backend.store("b", piece);
  expect(await listNames(backend.list(""))).toEqual(["a", "b"]);
});

test("copying from a backend to itself cannot block itself", async () => {
  const backend = withLimit(await openMemory(), { concurrency: 2 });
  const names = ["a", "b", "c", "d"];
  for (const name of names) await backend.store(name, bytes(name.repeat(10)));
  await Promise.all(names.map((name) => backend.storeStream(`${name}2`, () => backend.loadStream(name))));
  for (const name of names) expect(text(await backend.load(`${name}2`))).toBe(name.repeat(10));
});

test("a stream whose backend fails while its source waits for a slot loses no slot", async () => {
  let isFailing = true;
  const inner = await openMemory({}, (driver) => ({
    storeStream: async (name, source, options) => {
      const pieces = (source as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      const first = pieces.next();
      if (isFailing) throw new Error("failed at once");
      await driver.store(name, ((await first) as IteratorYieldResult<Uint8Array>).value, options);
    },
  }));
  const backend = withLimit(inner, { concurrency: 1 });
  await expect(backend.storeStream("a", [bytes("x")])).rejects.toMatchObject({ code: "UNEXPECTED" });
  await settled();
  isFailing = false;
  await backend.storeStream("a", [bytes("x")]);
  expect(text(await backend.load("a"))).toBe("x");
});

test("a source that gets its slot after its operation has ended gives it back", async () => {
  const { inner, finish } = await stepwise();
  let deliver: (() => void) | undefined;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    await new Promise<void>((resolve) => (deliver = resolve));
    yield bytes("x");
  };
  let fail: ((error: Error) => void) | undefined;
  const impatient = Object.assign(Object.create(inner) as Backend, {
    load: inner.load.bind(inner),
    storeStream: async (_name: string, pieces: AsyncIterable<Uint8Array>) => {
      const piece = pieces[Symbol.asyncIterator]().next();
      await Promise.race([piece, new Promise((_resolve, reject) => (fail = reject))]);
    },
  });
  const backend = withLimit(impatient, { concurrency: 1 });
  const storing = backend.storeStream("x", source());
  await settled();
  const first = backend.load("a");
  await settled();
  deliver?.();
  await settled();
  fail?.(new Error("gave up"));
  await expect(storing).rejects.toThrow("gave up");
  await finish("a");
  await first;
  const second = backend.load("b");
  await settled();
  await finish("b");
  expect(text(await second)).toBe("b");
});

test("a source that fails gives its error and the slot back", async () => {
  const backend = withLimit(await openMemory(), { concurrency: 1 });
  const error = new Error("source");
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes("x");
    throw error;
  };
  await expect(backend.storeStream("a", source)).rejects.toBe(error);
  expect(await backend.info("a")).toMatchObject({ exists: false });
});

test("an abort while a listing queues for its next page releases the listing below", async () => {
  let isReleased = false;
  const { inner, finish } = await stepwise();
  const paged = withLimit(
    Object.assign(Object.create(inner) as Backend, {
      load: inner.load.bind(inner),
      list: async function* () {
        try {
          yield [];
          yield [];
        } finally {
          isReleased = true;
        }
      },
    }),
    { concurrency: 1 },
  );
  const controller = new AbortController();
  const pages = paged.list("", { signal: controller.signal })[Symbol.asyncIterator]();
  await pages.next();
  const load = paged.load("a");
  await settled();
  const second = pages.next();
  controller.abort("enough");
  await expect(second).rejects.toBe("enough");
  expect(isReleased).toBe(true);
  await finish("a");
  await load;
});

test("close comes after everything that was called before it", async () => {
  const { inner, finish } = await stepwise();
  const backend = withLimit(inner, { concurrency: 1 });
  const loads = [backend.load("a"), backend.load("b")];
  const closing = backend.close();
  const late = backend.load("c");
  const outcome = late.catch((error: unknown) => error);
  await settled();
  await finish("a");
  await finish("b");
  expect((await Promise.all(loads)).map(text)).toEqual(["a", "b"]);
  await closing;
  expect(await outcome).toMatchObject({ code: "NOT_OPEN" });
});

test("slots are handed on in order, also in a long queue with many who leave", async () => {
  const slots = new Slots(1);
  await slots.acquire();
  const served: number[] = [];
  const leaving = Array.from({ length: 1000 }, () => new AbortController());
  const waiting = leaving.map(async ({ signal }, at) => {
    await slots.acquire(signal);
    served.push(at);
    slots.release();
  });
  for (let at = 0; at < 1000; at += 3) leaving[at]?.abort("left");
  slots.release();
  const outcomes = await Promise.allSettled(waiting);
  expect(outcomes[999]).toEqual({ status: "rejected", reason: "left" });
  expect(served).toEqual(Array.from({ length: 1000 }, (_, at) => at).filter((at) => at % 3 !== 0));
  await slots.acquire();
});

test("a limit that is no integer of at least 1 is refused", async () => {
  const inner = await openMemory();
  for (const concurrency of [0, -1, 1.5, NaN, Infinity]) {
    expect(() => withLimit(inner, { concurrency })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  }
});
