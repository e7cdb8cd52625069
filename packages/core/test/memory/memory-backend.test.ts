import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryBackend, MemoryStorage, type Backend, type MemoryBackendOptions } from "../../src/index.ts";
import { drain } from "../guard/test-driver.ts";

const bytes = new Uint8Array([1, 2, 3]);

async function openMemory(options?: MemoryBackendOptions): Promise<Backend> {
  const backend = memoryBackend(options);
  await backend.create();
  await backend.open();
  return backend;
}

async function names(backend: Backend, directory = "", recursive = false): Promise<string[]> {
  const pages = await drain(backend.list(directory, { recursive }));
  return pages.flatMap((page) => page.map((item) => item.name + (item.isDirectory ? "/" : "")));
}

describe.each([true, false])("with directories: %s", (directories) => {
  test("a value is stored, loaded, replaced, moved and deleted", async () => {
    const backend = await openMemory({ directories });
    await backend.store("data/a", bytes);
    expect(await backend.load("data/a", { offset: -2 })).toEqual(new Uint8Array([2, 3]));
    await backend.store("data/a", new Uint8Array([9]));
    await backend.move("data/a", "other/b");
    expect(await names(backend, "", true)).toEqual(["other/b"]);
    expect(await backend.load("other/b")).toEqual(new Uint8Array([9]));
    await backend.delete("other/b");
    await expect(backend.load("other/b")).rejects.toMatchObject({ code: "NOT_FOUND", key: "other/b" });
    await expect(backend.delete("other/b")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(backend.move("other/b", "other/c")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await backend.info("other/b")).toEqual({
      name: "other/b",
      exists: false,
      size: 0,
      isDirectory: false,
    });
  });

  test("values belong to their owners: the caller's before and after, the storage's in between", async () => {
    const backend = await openMemory({ directories });
    const mine = Buffer.from("abc");
    await backend.store("a", mine);
    mine.fill(0);
    const loaded = await backend.load("a");
    expect([...loaded]).toEqual([97, 98, 99]);
    expect(loaded.constructor).toBe(Uint8Array);
    loaded.fill(0);
    expect([...(await backend.load("a"))]).toEqual([97, 98, 99]);
  });

  test("ifAbsent lets exactly one of many racing stores win", async () => {
    const backend = await openMemory({ directories });
    const stores = Array.from({ length: 20 }, (_, i) =>
      backend.store("a", new Uint8Array([i]), { ifAbsent: true }),
    );
    const results = await Promise.allSettled(stores);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await backend.load("a")).toEqual(new Uint8Array([0]));
    await backend.store("b", bytes);
    await expect(backend.move("b", "a", { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await backend.move("b", "c", { ifAbsent: true });
    expect(await names(backend)).toEqual(["a", "c"]);
  });

  test("a listing comes in byte order, a directory comparing as its name with a slash", async () => {
    const backend = await openMemory({ directories });
    for (const name of ["a/b", "a-b", "a.b", "a0", "b", "a!"]) await backend.store(name, bytes);
    expect(await names(backend)).toEqual(["a!", "a-b", "a.b", "a/", "a0", "b"]);
    expect(await names(backend, "", true)).toEqual(["a!", "a-b", "a.b", "a/b", "a0", "b"]);
    expect(await names(backend, "a")).toEqual(["b"]);
    expect(await names(backend, "missing")).toEqual([]);
  });

  test("a listing leaves out what vanishes while it goes on, in whole pages of a thousand", async () => {
    const backend = await openMemory({ directories });
    const all = Array.from({ length: 2100 }, (_, i) => `d/${String(i).padStart(4, "0")}`);
    for (const name of all) await backend.store(numberOf(name) % 2 === 0 ? name : `${name}/x`, bytes);
    const listing = backend.list("d")[Symbol.asyncIterator]();
    const first = await listing.next();
    expect(first.value).toHaveLength(1000);
    await backend.delete("d/2000");
    await backend.delete("d/2001/x");
    await backend.rmdir("d/2001");
    await backend.store("d/0000", bytes);
    const rest = (await drain({ [Symbol.asyncIterator]: () => listing })).flat();
    expect(rest).toHaveLength(1098);
    expect(rest.map((item) => item.name)).not.toContain("2000");
    expect(rest.map((item) => item.name)).not.toContain("2001");
  });

  test("nothing is created over what is there, and nothing opened or destroyed that is not", async () => {
    const storage = new MemoryStorage();
    const backend = memoryBackend({ storage, directories });
    await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND", operation: "open" });
    await expect(backend.destroy()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    await backend.create();
    await backend.create();
    await backend.open();
    await backend.store("a", bytes);
    await backend.close();
    await expect(backend.create()).rejects.toMatchObject({ code: "BACKEND_EXISTS", operation: "create" });
    await backend.open();
    expect(await backend.load("a")).toEqual(bytes);
    const other = memoryBackend({ storage, directories });
    await other.destroy();
    await expect(backend.store("a", bytes)).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    await expect(drain(backend.list(""))).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    expect(storage.objects.size).toBe(0);
  });

  test("defrag joins parts under a given name or that of the content, also onto a source", async () => {
    const backend = await openMemory({ directories });
    await backend.store("data/a", new Uint8Array([1, 2, 3]));
    const parts = [
      { name: "data/a", offset: -1, size: 1 },
      { name: "data/a", offset: 0, size: 2 },
      { name: "data/a", offset: 0, size: 0 },
    ];
    expect(await backend.defrag(parts, { name: "data/a" })).toBe("data/a");
    expect(await backend.load("data/a")).toEqual(new Uint8Array([3, 1, 2]));
    const name = await backend.defrag([], { namespace: "data", level: 1, algorithm: "SHA256" });
    expect(name).toMatch(/^data\/e3\/e3b0c44298fc1c14/);
    expect((await backend.info(name)).size).toBe(0);
    const short = [{ name: "data/a", offset: 2, size: 2 }];
    await expect(backend.defrag(short, { name: "data/b" })).rejects.toMatchObject({
      code: "RANGE",
      key: "data/a",
    });
    const missing = [{ name: "data/x", offset: 0, size: 0 }];
    await expect(backend.defrag(missing, { name: "data/b" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      key: "data/x",
    });
    expect((await backend.info("data/b")).exists).toBe(false);
  });
});

function numberOf(name: string): number {
  return Number(name.slice(2));
}

describe("with directories", () => {
  test("no name is an object and a directory at once, and failures leave nothing behind", async () => {
    const backend = await openMemory();
    await backend.store("f", bytes);
    await backend.mkdir("d/e");
    await backend.mkdir("d/e");
    await expect(backend.mkdir("f")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    await expect(backend.mkdir("f/x")).rejects.toMatchObject({ code: "NOT_A_DIRECTORY" });
    await expect(backend.store("f/x", bytes)).rejects.toMatchObject({ code: "NOT_A_DIRECTORY" });
    await expect(backend.store("d", bytes)).rejects.toMatchObject({ code: "IS_DIRECTORY" });
    await expect(backend.store("d", bytes, { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await expect(backend.load("d")).rejects.toMatchObject({ code: "IS_DIRECTORY" });
    await expect(backend.delete("d")).rejects.toMatchObject({ code: "IS_DIRECTORY" });
    await expect(backend.hash("d")).rejects.toMatchObject({ code: "IS_DIRECTORY" });
    await expect(backend.move("d", "x")).rejects.toMatchObject({ code: "IS_DIRECTORY" });
    await expect(backend.move("f", "d")).rejects.toMatchObject({ code: "IS_DIRECTORY" });
    await expect(backend.move("f", "f/x")).rejects.toMatchObject({ code: "NOT_A_DIRECTORY" });
    await expect(backend.move("missing", "new/x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(drain(backend.list("f"))).rejects.toMatchObject({ code: "NOT_A_DIRECTORY" });
    await expect(backend.rmdir("f")).rejects.toMatchObject({ code: "NOT_A_DIRECTORY" });
    await expect(backend.rmdir("d")).rejects.toMatchObject({ code: "NOT_EMPTY" });
    await expect(backend.rmdir("missing")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(backend.load("f/x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await backend.info("f/x")).exists).toBe(false);
    expect(await backend.info("d")).toEqual({ name: "d", exists: true, size: 0, isDirectory: true });
    expect(await names(backend)).toEqual(["d/", "f"]);
    expect(await names(backend, "", true)).toEqual(["f"]);
    await backend.rmdir("d/e");
    await backend.rmdir("d");
    expect(await names(backend)).toEqual(["f"]);
  });
});

describe("without directories", () => {
  test("directories are only prefixes", async () => {
    const backend = await openMemory({ directories: false });
    await backend.mkdir("d");
    await backend.rmdir("d");
    await backend.store("a", bytes);
    await backend.store("a/b", bytes);
    expect(await names(backend)).toEqual(["a", "a/"]);
    expect(await names(backend, "a")).toEqual(["b"]);
    expect(await names(backend, "", true)).toEqual(["a", "a/b"]);
    expect((await backend.info("a")).isDirectory).toBe(false);
    await expect(backend.rmdir("a")).rejects.toMatchObject({ code: "NOT_EMPTY" });
    await backend.move("a", "a/c/d");
    await backend.delete("a/b");
    await backend.delete("a/c/d");
    await backend.rmdir("a");
    expect((await backend.info("a")).exists).toBe(false);
    await expect(backend.load("a")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a client that knows only prefixes does not see the directories of one that makes them", async () => {
    const storage = new MemoryStorage();
    const maker = await openMemory({ storage });
    const other = memoryBackend({ storage, directories: false });
    await other.open();
    await maker.mkdir("d");
    expect((await other.info("d")).exists).toBe(false);
    expect(await names(other)).toEqual([]);
    await other.rmdir("d");
    expect(await names(maker)).toEqual(["d/"]);
  });
});

test("times come from the clock handed in: both at a store, access alone at a load", async () => {
  let now = 1000;
  const backend = await openMemory({ now: () => now });
  await backend.store("a", bytes);
  now = 2000;
  await backend.load("a");
  await backend.move("a", "b");
  expect(await backend.info("b")).toMatchObject({ modifiedAtMs: 1000, accessedAtMs: 2000 });
});

test("does what a map of names does, with any sequence of operations", async () => {
  const name = fc.constantFrom("a", "b", "a/b", "a/b/c", "d/e", "d.del");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("store" as const), name, ifAbsent: fc.boolean() }),
    fc.record({ kind: fc.constant("delete" as const), name }),
    fc.record({ kind: fc.constant("move" as const), name, to: name, ifAbsent: fc.boolean() }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const backend = await openMemory({ directories: false });
      const model = new Map<string, number>();
      for (const [index, one] of steps.entries()) {
        const outcome = await perform(backend, one, index);
        expect(outcome).toBe(expected(model, one, index));
      }
      expect(await names(backend, "", true)).toEqual([...model.keys()].toSorted());
      for (const [key, value] of model) expect(await backend.load(key)).toEqual(new Uint8Array([value]));
    }),
  );
});

type Step =
  | { readonly kind: "store"; readonly name: string; readonly ifAbsent: boolean }
  | { readonly kind: "delete"; readonly name: string }
  | { readonly kind: "move"; readonly name: string; readonly to: string; readonly ifAbsent: boolean };

async function perform(backend: Backend, step: Step, index: number): Promise<string> {
  try {
    if (step.kind === "store")
      await backend.store(step.name, new Uint8Array([index]), { ifAbsent: step.ifAbsent });
    else if (step.kind === "delete") await backend.delete(step.name);
    else await backend.move(step.name, step.to, { ifAbsent: step.ifAbsent });
    return "done";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

function expected(model: Map<string, number>, step: Step, index: number): string {
  if (step.kind !== "store" && !model.has(step.name)) return "NOT_FOUND";
  const target = step.kind === "move" ? step.to : step.name;
  if (step.kind !== "delete" && step.ifAbsent && model.has(target)) return "ALREADY_EXISTS";
  const value = step.kind === "move" ? model.get(step.name) : index;
  if (step.kind !== "store") model.delete(step.name);
  if (step.kind !== "delete") model.set(target, value as number);
  return "done";
}
