import { describe, expect, test } from "vitest";
import {
  defineBackend,
  StoreError,
  type Backend,
  type DefragSource,
  type DefragTarget,
  type ItemInfo,
} from "../../src/index.ts";
import { drain, makeTestDriver, type TestDriver } from "./test-driver.ts";

const bytes = new Uint8Array([1, 2, 3]);

async function openBackend(driver: TestDriver = makeTestDriver()): Promise<Backend> {
  const backend = defineBackend(driver);
  await backend.open();
  driver.calls.length = 0;
  return backend;
}

const callsWithName: readonly (readonly [string, (backend: Backend, name: string) => Promise<unknown>])[] = [
  ["mkdir", (backend, name) => backend.mkdir(name)],
  ["rmdir", (backend, name) => backend.rmdir(name)],
  ["info", (backend, name) => backend.info(name)],
  ["load", (backend, name) => backend.load(name)],
  ["loadStream", (backend, name) => drain(backend.loadStream(name))],
  ["store", (backend, name) => backend.store(name, bytes)],
  ["storeStream", (backend, name) => backend.storeStream(name, [bytes])],
  ["delete", (backend, name) => backend.delete(name)],
  ["deleteMany", (backend, name) => backend.deleteMany(["ok", name])],
  ["move", (backend, name) => backend.move(name, "ok")],
  ["move", (backend, name) => backend.move("ok", name)],
  ["hash", (backend, name) => backend.hash(name)],
  ["defrag", (backend, name) => backend.defrag([{ name, offset: 0, size: 1 }], { name: "ok" })],
  ["defrag", (backend, name) => backend.defrag([], { name })],
];

describe("a name that is not valid", () => {
  test.each(callsWithName)("is refused by %s, before any I/O", async (operation, call) => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    for (const name of ["", "A", "a/../b", "a.tmp/b", 7, undefined, null, 7n, Symbol("a")]) {
      await expect(call(backend, name as string)).rejects.toMatchObject({ code: "INVALID_NAME", operation });
    }
    expect(driver.calls).toEqual([]);
  });

  test("is refused by list, except for the root", async () => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    await expect(drain(backend.list("a/"))).rejects.toMatchObject({
      code: "INVALID_NAME",
      operation: "list",
    });
    expect(driver.calls).toEqual([]);
    expect(await drain(backend.list(""))).toEqual([]);
  });

  test("is refused by every name of a closed backend with NOT_OPEN, whatever it is", async () => {
    const backend = defineBackend(makeTestDriver());
    await expect(backend.load(7n as unknown as string)).rejects.toMatchObject({ code: "NOT_OPEN" });
  });
});

describe("values and ranges", () => {
  test("any view is stored as the bytes it shows", async () => {
    const backend = await openBackend();
    const memory = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]).buffer;
    const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(9);
    const views: readonly (readonly [ArrayBufferView, readonly number[]])[] = [
      [new DataView(memory, 2, 3), [2, 3, 4]],
      [new Uint16Array(memory, 4, 2), [4, 5, 6, 7]],
      [Buffer.from("abc"), [97, 98, 99]],
      [shared.subarray(2, 4), [9, 9]],
      [new Uint8Array(0), []],
    ];
    for (const [view, expected] of views) {
      await backend.store("a", view);
      expect([...(await backend.load("a"))]).toEqual(expected);
    }
  });

  test("what is not bytes is refused, also an array whose memory was transferred away", async () => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    const transferred = new Uint8Array(8);
    structuredClone(transferred.buffer, { transfer: [transferred.buffer] });
    for (const value of ["text", 7, null, undefined, [1, 2], new ArrayBuffer(3), {}, transferred]) {
      await expect(backend.store("a", value as ArrayBufferView)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        operation: "store",
        key: "a",
      });
    }
    expect(driver.calls).toEqual([]);
  });

  test("ranges that are no integers, and negative sizes, are refused", async () => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    for (const range of [
      { size: -1 },
      { size: 0.5 },
      { offset: 0.5 },
      { offset: Number.NaN },
      { offset: 2 ** 60 },
    ]) {
      await expect(backend.load("a", range)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", key: "a" });
      await expect(drain(backend.loadStream("a", range))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    }
    expect(driver.calls).toEqual([]);
  });
});

describe("ifAbsent", () => {
  test("is refused with UNSUPPORTED where the medium cannot, and reaches the driver where it may", async () => {
    const driver = makeTestDriver();
    const cannot = makeTestDriver({ capabilities: { ...driver.capabilities, createIfAbsent: false } });
    const backend = await openBackend(cannot);
    const options = { ifAbsent: true };
    const refused = { code: "UNSUPPORTED", backend: "test" };
    await expect(backend.store("a", bytes, options)).rejects.toMatchObject(refused);
    await expect(backend.storeStream("a", [bytes], options)).rejects.toMatchObject(refused);
    await expect(backend.move("a", "b", options)).rejects.toMatchObject(refused);
    expect(cannot.calls).toEqual([]);
    const probing = makeTestDriver({ capabilities: { ...driver.capabilities, createIfAbsent: "probe" } });
    const second = await openBackend(probing);
    await second.store("a", bytes, options);
    await expect(second.store("a", bytes, options)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  });
});

describe("move onto itself", () => {
  test("changes nothing, requires an object, and with ifAbsent finds the name taken", async () => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    await backend.store("a", bytes);
    await backend.mkdir("d");
    await backend.move("a", "a");
    expect(driver.calls).not.toContain("move a");
    await expect(backend.move("b", "b")).rejects.toMatchObject({
      code: "NOT_FOUND",
      operation: "move",
      key: "b",
    });
    await expect(backend.move("d", "d")).rejects.toMatchObject({ code: "IS_DIRECTORY" });
    await expect(backend.move("a", "a", { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
  });
});

describe("deleteMany", () => {
  test.each([
    [16, {}],
    [3, { concurrency: 3 }],
  ])("that is filled in deletes %i at a time with %j", async (most, suiting) => {
    let running = 0;
    let seen = 0;
    const driver = makeTestDriver({
      capabilities: { ...makeTestDriver().capabilities, ...suiting },
      delete: async () => {
        seen = Math.max(seen, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
      },
    });
    const backend = defineBackend(driver);
    await backend.open();
    await backend.deleteMany(Array.from({ length: 40 }, (_, i) => `n${i}`));
    expect(seen).toBe(most);
  });

  test("takes any iterable, but not a string, which would be its letters", async () => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    for (const wrong of ["abc", 7, null, undefined, {}]) {
      await expect(backend.deleteMany(wrong as never)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        operation: "deleteMany",
      });
    }
    expect(driver.calls).toEqual([]);
    await backend.store("a", bytes);
    const results = await backend.deleteMany(new Set(["a", "b"]));
    expect(results[0]).toEqual({ name: "a" });
    expect(results[1]).toMatchObject({
      name: "b",
      error: { code: "NOT_FOUND", backend: "test", operation: "deleteMany", key: "b" },
    });
  });

  test("of nothing asks the driver for nothing", async () => {
    const driver = makeTestDriver({ deleteMany: () => Promise.reject(new Error("empty request")) });
    const backend = await openBackend(driver);
    expect(await backend.deleteMany([])).toEqual([]);
    expect(driver.calls).toEqual([]);
  });

  test("gives foreign errors as UNEXPECTED with the cause, one by one", async () => {
    const cause = new Error("EIO");
    const backend = await openBackend(makeTestDriver({ delete: () => Promise.reject(cause) }));
    const [result] = await backend.deleteMany(["a"]);
    expect(result?.error).toMatchObject({ code: "UNEXPECTED", key: "a", operation: "deleteMany", cause });
  });
});

describe("hash", () => {
  test("refuses what is no algorithm name, and one that is not known, before any I/O", async () => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    for (const wrong of [7, null, {}]) {
      await expect(backend.hash("a", wrong as unknown as string)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    }
    for (const unknown of ["", "sha-nothing", "__proto__", "toString"]) {
      await expect(backend.hash("a", unknown)).rejects.toMatchObject({
        code: "UNSUPPORTED",
        operation: "hash",
        key: "a",
      });
    }
    expect(driver.calls).toEqual([]);
  });

  test("is SHA-256 by default, and hands algorithms to the driver in lower case", async () => {
    const asked: string[] = [];
    const backend = await openBackend(
      makeTestDriver({
        hash: async (_, algorithm) => {
          asked.push(algorithm);
          return "00";
        },
      }),
    );
    await backend.hash("a");
    await backend.hash("a", "SHA512");
    expect(asked).toEqual(["sha256", "sha512"]);
  });
});

describe("defrag", () => {
  const part: DefragSource = { name: "a", offset: 0, size: 1 };
  const target: DefragTarget = { name: "b" };
  const wrong: readonly (readonly [string, unknown, unknown])[] = [
    ["sources that are no array", "a", target],
    ["a source without a size", [{ name: "a", offset: 0 }], target],
    ["a source without an offset", [{ name: "a", size: 1 }], target],
    ["a negative size", [{ name: "a", offset: 0, size: -1 }], target],
    ["a source that is nothing", [null], target],
    ["no target", [part], undefined],
    ["an empty target", [part], {}],
    ["a target without an algorithm", [part], { namespace: "data", level: 1 }],
    ["a target without a level", [part], { namespace: "data", algorithm: "sha256" }],
    ["a negative level", [part], { namespace: "data", algorithm: "sha256", level: -1 }],
    ["a fractional level", [part], { namespace: "data", algorithm: "sha256", level: 0.5 }],
  ];

  test.each(wrong)("refuses %s with INVALID_ARGUMENT, before any I/O", async (_, sources, to) => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    await expect(backend.defrag(sources as DefragSource[], to as DefragTarget)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      operation: "defrag",
    });
    expect(driver.calls).toEqual([]);
  });

  test("refuses an unknown algorithm, and a namespace that is no name, before any I/O", async () => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    await expect(
      backend.defrag([part], { namespace: "data", level: 1, algorithm: "x" }),
    ).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
    await expect(
      backend.defrag([part], { namespace: "data/", level: 1, algorithm: "sha256" }),
    ).rejects.toMatchObject({ code: "INVALID_NAME" });
    expect(driver.calls).toEqual([]);
  });

  test("stores nothing when the name that the digest makes is not valid", async () => {
    const driver = makeTestDriver();
    const backend = await openBackend(driver);
    await backend.store("a", bytes);
    driver.calls.length = 0;
    const namespace = "n".repeat(40);
    await expect(backend.defrag([part], { namespace, level: 1, algorithm: "sha256" })).rejects.toMatchObject({
      code: "INVALID_NAME",
    });
    await expect(
      backend.defrag([part], { namespace: "", level: 33, algorithm: "sha256" }),
    ).rejects.toMatchObject({
      code: "INVALID_NAME",
    });
    expect(driver.calls.filter((call) => call.startsWith("store"))).toEqual([]);
  });
});

describe("errors of the driver", () => {
  test("get the backend, the operation and the name; foreign ones become UNEXPECTED with their cause", async () => {
    const cause = new TypeError("x is not a function");
    const failures: unknown[] = [
      new StoreError("CONNECTION"),
      cause,
      new StoreError("RANGE", { key: "other" }),
    ];
    const backend = await openBackend(makeTestDriver({ load: () => Promise.reject(failures.shift()) }));
    const context = { backend: "test", operation: "load" };
    await expect(backend.load("a")).rejects.toMatchObject({ code: "CONNECTION", key: "a", ...context });
    await expect(backend.load("a")).rejects.toMatchObject({
      code: "UNEXPECTED",
      key: "a",
      cause,
      ...context,
    });
    await expect(backend.load("a")).rejects.toMatchObject({ code: "RANGE", key: "other", ...context });
  });

  test("are translated also when the driver throws before it returns a promise", async () => {
    const backend = await openBackend(
      makeTestDriver({
        load: () => {
          throw new StoreError("ARCHIVED");
        },
      }),
    );
    await expect(backend.load("a")).rejects.toMatchObject({ code: "ARCHIVED", operation: "load" });
    await backend.close();
  });
});

function item(name: string): ItemInfo {
  return { name, exists: true, size: 0, isDirectory: false };
}

describe("list", () => {
  test("hides what could not be addressed: invalid names and paths that are too long", async () => {
    const names = ["a", "A", "b.tmp", "c.hid", "d.del", "x".repeat(95), "x".repeat(96), "e f", "..", "ü"];
    const backend = await openBackend(
      makeTestDriver({
        async *list() {
          yield names.map((name) => item(name));
          yield [item("Z")];
        },
      }),
    );
    const pages = await drain(backend.list("data"));
    expect(pages.map((page) => page.map((one) => one.name))).toEqual([["a", "d.del", "x".repeat(95)]]);
  });

  test("yields nothing for a missing directory; a missing root is a missing storage", async () => {
    const backend = await openBackend(
      makeTestDriver({
        list: () => {
          throw new StoreError("NOT_FOUND");
        },
      }),
    );
    expect(await drain(backend.list("data"))).toEqual([]);
    await expect(drain(backend.list(""))).rejects.toMatchObject({
      code: "BACKEND_NOT_FOUND",
      operation: "list",
    });
  });
});

test("quota is -1 twice and sync does nothing where the driver has neither", async () => {
  const backend = await openBackend();
  expect(await backend.quota()).toEqual({ limit: -1, usage: -1 });
  await backend.sync();
  expect(backend.toString()).toBe("test()");
});
