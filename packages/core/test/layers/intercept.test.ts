import { expect, test } from "vitest";
import { intercept, type Interceptor } from "../../src/layers/intercept.ts";
import type { IterationCall, OperationCall } from "../../src/layers/operation-call.ts";
import { memoryBackend } from "../../src/memory/memory.ts";
import { bytes, collect, listNames, openMemory } from "./support.ts";

function recorder(seen: (OperationCall | IterationCall)[]): Interceptor {
  return {
    label: "recorder",
    async call(call, next) {
      seen.push(call);
      return await next(call);
    },
    iterate(call, next) {
      seen.push(call);
      return next(call);
    },
  };
}

test("every method of a backend passes through the interceptor, with its arguments", async () => {
  const seen: (OperationCall | IterationCall)[] = [];
  const backend = intercept(memoryBackend(), recorder(seen));
  await backend.create();
  await backend.open();
  expect(backend.isOpen).toBe(true);
  await backend.mkdir("d");
  await backend.rmdir("d");
  await backend.store("a", bytes("12"), { ifAbsent: true });
  await backend.storeStream("b", [bytes("3")]);
  await backend.info("a");
  await backend.load("a", { offset: 1 });
  expect(await collect(backend.loadStream("a"))).toBe("12");
  expect(await listNames(backend.list(""))).toEqual(["a", "b"]);
  expect(await backend.hash("a", "sha1")).toHaveLength(40);
  expect(await backend.hash("a")).toHaveLength(64);
  await backend.defrag([{ name: "a", offset: 0, size: 1 }], { name: "c" });
  await backend.move("a", "m", { ifAbsent: true });
  await backend.delete("b");
  expect(await backend.deleteMany(new Set(["c", "m"]))).toEqual([{ name: "c" }, { name: "m" }]);
  expect(await backend.quota()).toEqual({ limit: -1, usage: -1 });
  await backend.sync();
  await backend.close();
  await backend.destroy();
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(backend)).filter(
    (name) => !["constructor", "name", "capabilities", "isOpen", "toString"].includes(name),
  );
  expect(new Set(seen.map((call) => call.operation))).toEqual(new Set(methods));
  expect(seen).toContainEqual({ operation: "load", name: "a", options: { offset: 1 } });
  expect(seen).toContainEqual({ operation: "hash", name: "a", algorithm: "sha256", options: {} });
  expect(seen).toContainEqual({ operation: "move", name: "a", newName: "m", options: { ifAbsent: true } });
  expect(seen).toContainEqual({ operation: "deleteMany", names: ["c", "m"], options: {} });
});

test("disposal goes through the layer as a close", async () => {
  const seen: (OperationCall | IterationCall)[] = [];
  const inner = await openMemory();
  {
    await using backend = intercept(inner, recorder(seen));
    expect(backend.capabilities).toBe(inner.capabilities);
  }
  expect(seen.map((call) => call.operation)).toEqual(["close"]);
  expect(inner.isOpen).toBe(false);
});

test("a layer describes itself with what it stands on in brackets", () => {
  const inner = memoryBackend();
  const outer = intercept(intercept(inner, recorder([])), { ...recorder([]), label: "outer" });
  expect(outer.toString()).toBe(`outer(recorder(${inner.toString()}))`);
  expect(outer.name).toBe("memory");
});

test("what an interceptor throws synchronously comes out as a rejection", async () => {
  const broken: Interceptor = {
    label: "broken",
    call: () => {
      throw new Error("in call");
    },
    iterate: () => {
      throw new Error("in iterate");
    },
  };
  const backend = intercept(memoryBackend(), broken);
  const loading = backend.load("a");
  await expect(loading).rejects.toThrow("in call");
  const listing = backend.list("");
  await expect(listNames(listing)).rejects.toThrow("in iterate");
});

test("an interceptor can change the arguments, and nothing happens before the first step of an iteration", async () => {
  const inner = await openMemory();
  await inner.store("a", bytes("0123456789"));
  let isAsked = false;
  const backend = intercept(inner, {
    ...recorder([]),
    iterate(call, next) {
      isAsked = true;
      return next(call.operation === "list" ? call : { ...call, options: { ...call.options, offset: 7 } });
    },
  });
  const stream = backend.loadStream("a");
  expect(isAsked).toBe(false);
  expect(await collect(stream)).toBe("789");
});

test("the letters of a string are not deleted", async () => {
  const backend = intercept(await openMemory(), recorder([]));
  await backend.store("a", bytes("x"));
  await expect(backend.deleteMany("abc")).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    operation: "deleteMany",
  });
  await expect(backend.deleteMany(null as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await listNames(backend.list(""))).toEqual(["a"]);
});
