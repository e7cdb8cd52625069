import { describe, expect, test } from "vitest";
import type { Backend } from "../src/backend.ts";
import { composeLayers, defaultLayers, type LayerOptions } from "../src/compose.ts";
import { AttemptCounters } from "../src/layers/attempt-counters.ts";
import { memoryBackend } from "../src/memory/memory.ts";
import { bytes, collect, FakeClock, listNames, openMemory, text, withScript } from "./layers/support.ts";

const everything: LayerOptions = {
  permissions: { "": "lrwWD" },
  deadline: {},
  retry: {},
  instrumentation: { counters: new AttemptCounters() },
  limit: { concurrency: 2 },
  attemptDeadline: {},
  emulation: { latencyUs: 1 },
};

test("the order is permissions, deadline, retry, instrumentation, limit, attempt deadline, emulation", () => {
  expect(composeLayers(memoryBackend(), everything).toString()).toBe(
    "permissions(deadline(retry(instrumentation(limit(attemptDeadline(emulation(memory())))))))",
  );
});

test("layers that are left out or false are not there", () => {
  const inner = memoryBackend();
  expect(composeLayers(inner, {})).toBe(inner);
  expect(
    composeLayers(inner, {
      permissions: undefined,
      deadline: false,
      retry: false,
      instrumentation: false,
      limit: false,
      attemptDeadline: false,
      emulation: false,
    }),
  ).toBe(inner);
});

test("remote backends get deadlines, retry and limit by themselves, local ones nothing", () => {
  const { capabilities } = memoryBackend();
  expect(composeLayers(memoryBackend(), defaultLayers({ ...capabilities, remote: true })).toString()).toBe(
    "deadline(retry(limit(attemptDeadline(memory()))))",
  );
  expect(defaultLayers(capabilities)).toEqual({});
});

test("every layer passes on what suits the medium", async () => {
  const inner = await openMemory({ concurrency: 3 });
  expect(composeLayers(inner, everything).capabilities).toEqual({ ...inner.capabilities, concurrency: 3 });
});

test("an attempt that is never answered is repeated long before the call's own deadline", async () => {
  let loads = 0;
  const inner = await openMemory({}, (driver) => ({
    load: async (name, options) => {
      if (++loads < 3) await new Promise(() => undefined);
      return await driver.load(name, options);
    },
  }));
  await inner.store("a", bytes("x"));
  const clock = new FakeClock();
  const backend = composeLayers(inner, {
    deadline: {},
    retry: { sleep: clock.sleep },
    limit: { concurrency: 1 },
    attemptDeadline: { transferMs: 5 },
  });
  expect(text(await backend.load("a"))).toBe("x");
  expect(loads).toBe(3);
});

test("the deadline of the whole call ends its retries with TIMEOUT", async () => {
  const inner = withScript(await openMemory(), [{ operation: "info" }]);
  const backend = composeLayers(inner, {
    deadline: { metadataMs: 5 },
    retry: { firstDelayMs: 1e6, maxDelayMs: 1e6 },
  });
  await expect(backend.info("a")).rejects.toMatchObject({ code: "TIMEOUT", operation: "info" });
  expect(inner.calls).toEqual(["info"]);
});

test("waiting for a retry holds no slot, and each attempt is counted", async () => {
  const counters = new AttemptCounters();
  const inner = withScript(await openMemory(), [{ operation: "load" }]);
  await inner.store("a", bytes("x"));
  const backend: Backend = composeLayers(inner, {
    retry: {
      sleep: async () => {
        expect(await backend.info("a")).toMatchObject({ exists: true });
      },
    },
    instrumentation: { counters },
    limit: { concurrency: 1 },
  });
  expect(text(await backend.load("a"))).toBe("x");
  expect(counters.snapshot()).toMatchObject({ load: { calls: 2, failures: 1 }, info: { calls: 1 } });
});

test("a retried store under w alone recognises its own first attempt", async () => {
  const clock = new FakeClock();
  const inner = withScript(await openMemory(), [{ operation: "store", when: "after" }]);
  const backend = composeLayers(inner, {
    permissions: { "": "w" },
    retry: { sleep: clock.sleep, now: clock.now },
  });
  await backend.store("a", bytes("x"));
  await expect(backend.store("a", bytes("x"))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
});

const stacks: [string, LayerOptions][] = [
  ...Object.entries(everything).map(([name, options]): [string, LayerOptions] => [name, { [name]: options }]),
  ["all layers", everything],
];

describe.each(stacks)("under %s the backend behaves as without", (_name, layers) => {
  test("in its life", async () => {
    const backend = composeLayers(memoryBackend(), layers);
    await expect(backend.load("a")).rejects.toMatchObject({ code: "NOT_OPEN", operation: "load", key: "a" });
    await expect(listNames(backend.list(""))).rejects.toMatchObject({ code: "NOT_OPEN" });
    await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    await backend.create();
    await backend.open();
    await expect(backend.open()).rejects.toMatchObject({ code: "ALREADY_OPEN" });
    await backend.close();
    await backend.close();
    expect(backend.isOpen).toBe(false);
    await backend.destroy();
    await expect(backend.destroy()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
  });

  test("with objects", async () => {
    const backend = composeLayers(await openMemory(), layers);
    await backend.store("data/a", bytes("0123456789"));
    await backend.storeStream("data/b", [bytes("one"), bytes("two")], { ifAbsent: true });
    expect(text(await backend.load("data/a", { offset: -3, size: 2 }))).toBe("78");
    expect(await collect(backend.loadStream("data/b"))).toBe("onetwo");
    expect(await backend.info("data/a")).toMatchObject({ name: "data/a", exists: true, size: 10 });
    expect(await backend.info("data/x")).toEqual({
      name: "data/x",
      exists: false,
      size: 0,
      isDirectory: false,
    });
    await expect(backend.store("data/a", bytes(""), { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await backend.move("data/a", "data/c");
    await expect(backend.move("data/a", "data/c")).rejects.toMatchObject({
      code: "NOT_FOUND",
      key: "data/a",
    });
    expect(await backend.defrag([{ name: "data/c", offset: 1, size: 2 }], { name: "d" })).toBe("d");
    expect(await backend.hash("d")).toBe("6b51d431df5d7f141cbececcf79edf3dd861c3b4069f0b11661a3eefacbba918");
    expect(await listNames(backend.list("", { recursive: true }))).toEqual(["d", "data/b", "data/c"]);
    await backend.mkdir("empty");
    expect(await listNames(backend.list(""))).toEqual(["d", "data", "empty"]);
    await expect(backend.rmdir("data")).rejects.toMatchObject({ code: "NOT_EMPTY" });
    await backend.rmdir("empty");
    await backend.delete("d");
    await expect(backend.delete("d")).rejects.toMatchObject({ code: "NOT_FOUND", operation: "delete" });
    const results = await backend.deleteMany(["data/b", "data/x", "data/c"]);
    expect(results).toMatchObject([{ name: "data/b" }, { error: { code: "NOT_FOUND" } }, { name: "data/c" }]);
    expect(await backend.quota()).toEqual({ limit: -1, usage: -1 });
    await backend.sync();
  });

  test("with wrong arguments and aborts", async () => {
    const backend = composeLayers(await openMemory(), layers);
    await backend.store("a", bytes("x"));
    await expect(backend.load("../a")).rejects.toMatchObject({ code: "INVALID_NAME" });
    await expect(backend.load("a", { size: -1 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(backend.store("a", 5 as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(backend.storeStream("a", 5 as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      key: "a",
    });
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(backend.load("a", { signal })).rejects.toBe(reason);
    await expect(backend.store("b", bytes("x"), { signal })).rejects.toBe(reason);
    await expect(backend.deleteMany(["a"], { signal })).rejects.toBe(reason);
    await expect(listNames(backend.list("", { signal }))).rejects.toBe(reason);
    await expect(collect(backend.loadStream("a", { signal }))).rejects.toBe(reason);
    const failure = new Error("source");
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes("x");
      throw failure;
    };
    await expect(backend.storeStream("b", source)).rejects.toBe(failure);
    expect(await listNames(backend.list(""))).toEqual(["a"]);
  });
});

test("options of a layer that are no object are refused: a number would set no limit", () => {
  const inner = memoryBackend();
  const layers = Object.keys(everything).filter((layer) => layer !== "permissions");
  for (const layer of layers) {
    for (const options of [5000, true, null, "on"]) {
      expect(() => composeLayers(inner, { [layer]: options })).toThrow(
        `${layer} is an object with the layer's options`,
      );
    }
  }
  for (const permissions of ["r", ["r"], null]) {
    expect(() => composeLayers(inner, { permissions } as unknown as LayerOptions)).toThrow(
      "permissions are an object like",
    );
  }
});
