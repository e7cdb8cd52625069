import { expect, test } from "vitest";
import { defineBackend, StoreError, type ByteSource } from "../../src/index.ts";
import { drain, makeGate, makeTestDriver, never, turnOfEventLoop } from "./test-driver.ts";

const piece = new Uint8Array([1, 2, 3]);

async function* numbers(released: string[]): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (let i = 0; ; i++) yield new Uint8Array([i]);
  } finally {
    released.push("released");
  }
}

async function* reused(): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(2);
  for (let i = 0; i < 3; i++) yield buffer.fill(i);
}

async function* badlyBehaved(): AsyncGenerator<Uint8Array> {
  try {
    yield piece;
  } finally {
    // eslint-disable-next-line no-unsafe-finally -- this is the bad behaviour
    throw new Error("cannot stop");
  }
}

test("storeStream stores the joined pieces of arrays, generators and functions, and of reused buffers", async () => {
  const backend = defineBackend(makeTestDriver());
  await backend.open();
  await backend.storeStream("a", [piece, new Uint8Array(0), piece]);
  await backend.storeStream("b", reused());
  await backend.storeStream("c", reused);
  await backend.storeStream("d", []);
  expect(await backend.load("a")).toEqual(new Uint8Array([1, 2, 3, 1, 2, 3]));
  expect(await backend.load("b")).toEqual(new Uint8Array([0, 0, 1, 1, 2, 2]));
  expect(await backend.load("c")).toEqual(new Uint8Array([0, 0, 1, 1, 2, 2]));
  expect(await backend.load("d")).toEqual(new Uint8Array(0));
});

test("the error of a source goes back as it came, and nothing is stored", async () => {
  const backend = defineBackend(makeTestDriver());
  await backend.open();
  const failure = new Error("disk on fire");
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield piece;
    throw failure;
  };
  await expect(backend.storeStream("a", failing())).rejects.toBe(failure);
  await expect(
    backend.storeStream("a", () => {
      throw failure;
    }),
  ).rejects.toBe(failure);
  expect((await backend.info("a")).exists).toBe(false);
});

test("a driver that overlooks the error of a source does not make it a success", async () => {
  const failure = new Error("disk on fire");
  const backend = defineBackend(
    makeTestDriver({
      storeStream: async (_, source) => {
        await drain(source as AsyncIterable<Uint8Array>).catch(() => undefined);
      },
    }),
  );
  await backend.open();
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield piece;
    throw failure;
  };
  await expect(backend.storeStream("a", failing())).rejects.toBe(failure);
});

test("what is no source of bytes is refused with INVALID_ARGUMENT", async () => {
  const backend = defineBackend(makeTestDriver());
  await backend.open();
  for (const wrong of [undefined, null, 7, "text", piece, {}, () => 7, ["text"], [[1, 2]]]) {
    await expect(backend.storeStream("a", wrong as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  }
  expect((await backend.info("a")).exists).toBe(false);
});

test("when the driver fails, its error comes out and the source is stopped", async () => {
  const released: string[] = [];
  const backend = defineBackend(
    makeTestDriver({
      storeStream: async (_, source) => {
        for await (const first of source)
          throw new StoreError("NO_SPACE", { detail: String(first.byteLength) });
      },
    }),
  );
  await backend.open();
  await expect(backend.storeStream("a", numbers(released))).rejects.toMatchObject({
    code: "NO_SPACE",
    operation: "storeStream",
    key: "a",
  });
  expect(released).toEqual(["released"]);
});

test("a source that fails while it is stopped does not hide the driver's error", async () => {
  const backend = defineBackend(
    makeTestDriver({
      storeStream: async (_, source) => {
        for await (const first of source)
          throw new StoreError("NO_SPACE", { detail: String(first.byteLength) });
      },
    }),
  );
  await backend.open();
  await expect(backend.storeStream("a", badlyBehaved())).rejects.toMatchObject({ code: "NO_SPACE" });
});

test("a source is started only when the driver asks for it, and stopped when it never does", async () => {
  const backend = defineBackend(
    makeTestDriver({
      storeStream: async () => {
        throw new StoreError("ALREADY_EXISTS");
      },
    }),
  );
  await backend.open();
  let started = 0;
  const start = (): ByteSource => {
    started++;
    return [piece];
  };
  await expect(backend.storeStream("a", start)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  expect(started).toBe(0);
  const iterator = numbers([]);
  await expect(backend.storeStream("a", iterator)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  expect((await iterator.next()).done).toBe(true);
});

test("an abort rejects with the reason, stops the driver, and stops the source, though it is silent", async () => {
  let driverSaw: unknown;
  const silence = makeGate();
  const released: string[] = [];
  const driver = makeTestDriver({
    storeStream: async (_, source) => {
      try {
        for await (const ignored of source) void ignored;
      } catch (error) {
        driverSaw = error;
        throw error;
      }
    },
  });
  const backend = defineBackend(driver);
  await backend.open();
  const silent = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield piece;
      await silence.promise;
      yield piece;
    } finally {
      released.push("released");
    }
  };
  const controller = new AbortController();
  const storing = backend.storeStream("a", silent(), { signal: controller.signal });
  await turnOfEventLoop();
  controller.abort();
  await expect(storing).rejects.toBe(controller.signal.reason);
  await turnOfEventLoop();
  expect(driverSaw).toBe(controller.signal.reason);
  await backend.close();
  silence.resolve();
  await turnOfEventLoop();
  expect(released).toEqual(["released"]);
});

test("a source that fails because of the abort gives the signal's reason", async () => {
  const backend = defineBackend(makeTestDriver());
  await backend.open();
  const controller = new AbortController();
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield piece;
    await new Promise((_, reject) => {
      controller.signal.addEventListener("abort", () => reject(new Error("source's own")), { once: true });
    });
  };
  const storing = backend.storeStream("a", source(), { signal: controller.signal });
  await turnOfEventLoop();
  controller.abort();
  await expect(storing).rejects.toBe(controller.signal.reason);
});

test("loadStream loads nothing before the first piece is asked for, and gives the range in pieces", async () => {
  const driver = makeTestDriver();
  const backend = defineBackend(driver);
  await backend.open();
  const value = new Uint8Array(2.5 * 1024 * 1024).map((_, i) => i % 251);
  await backend.store("a", value);
  driver.calls.length = 0;
  const pieces = backend.loadStream("a", { offset: 1 });
  expect(driver.calls).toEqual([]);
  const all = await drain(pieces);
  expect(all.map((one) => one.byteLength)).toEqual([1048576, 1048576, 524287]);
  expect(Buffer.concat(all).equals(value.subarray(1))).toBe(true);
  expect(await drain(backend.loadStream("a", { size: 0 }))).toEqual([]);
});

test("stopping early releases the driver's iterator, and its failure to do so is told", async () => {
  const events: string[] = [];
  const backend = defineBackend(
    makeTestDriver({
      loadStream: (name) => {
        const iterator = {
          next: async () => ({ done: false as const, value: new Uint8Array([1]) }),
          return: async () => {
            events.push(`released ${name}`);
            if (name === "b") throw new Error("cannot release");
            return { done: true as const, value: undefined };
          },
        };
        return { [Symbol.asyncIterator]: () => iterator };
      },
    }),
  );
  await backend.open();
  for await (const one of backend.loadStream("a")) {
    expect(one.byteLength).toBe(1);
    break;
  }
  expect(events).toEqual(["released a"]);
  const stopEarly = async (): Promise<void> => {
    for await (const one of backend.loadStream("b")) {
      expect(one.byteLength).toBe(1);
      return;
    }
  };
  await expect(stopEarly()).rejects.toMatchObject({ code: "UNEXPECTED", operation: "loadStream", key: "b" });
});

test("the error of a step is kept when the iterator cannot be released after it", async () => {
  const backend = defineBackend(
    makeTestDriver({
      list: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(new StoreError("CONNECTION")),
          return: () => Promise.reject(new Error("cannot release")),
        }),
      }),
    }),
  );
  await backend.open();
  await expect(drain(backend.list("a"))).rejects.toMatchObject({ code: "CONNECTION", operation: "list" });
});

test("a driver that throws instead of returning an iterable gives an error of ours", async () => {
  const backend = defineBackend(
    makeTestDriver({
      list: () => {
        throw new TypeError("no handle");
      },
      loadStream: () => {
        throw new TypeError("no handle");
      },
    }),
  );
  await backend.open();
  await expect(drain(backend.list("a"))).rejects.toMatchObject({
    code: "UNEXPECTED",
    operation: "list",
    key: "a",
  });
  await expect(drain(backend.loadStream("a"))).rejects.toMatchObject({ code: "UNEXPECTED", key: "a" });
});

test("a reader that comes back to an aborted listing gets the reason, and the listing is released", async () => {
  const released: string[] = [];
  const driver = makeTestDriver({
    async *list() {
      try {
        yield [{ name: "a", exists: true, size: 0, isDirectory: false }];
        await never();
      } finally {
        released.push("released");
      }
    },
  });
  const backend = defineBackend(driver);
  await backend.open();
  const controller = new AbortController();
  const listing = backend.list("", { signal: controller.signal })[Symbol.asyncIterator]();
  await listing.next();
  controller.abort();
  await expect(listing.next()).rejects.toBe(controller.signal.reason);
  await backend.close();
  expect(released).toEqual(["released"]);
});
