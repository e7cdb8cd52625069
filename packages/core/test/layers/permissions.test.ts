import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend.ts";
import { StoreError } from "../../src/errors.ts";
import { permissionPresets } from "../../src/layers/permission-presets.ts";
import { withPermissions } from "../../src/layers/permissions.ts";
import { bytes, collect, listNames, openMemory, text, withScript } from "./support.ts";

const letters = ["l", "r", "w", "W", "D"];

/** All combinations of letters, from none to all. */
const combinations = Array.from({ length: 2 ** letters.length }, (_, bits) =>
  letters.filter((_letter, at) => (bits & (1 << at)) !== 0).join(""),
);

const matrix: [
  title: string,
  isAllowed: (has: (letter: string) => boolean) => boolean,
  run: (b: Backend) => Promise<unknown>,
][] = [
  ["mkdir", (has) => has("w") || has("W"), (b) => b.mkdir("n/dir")],
  ["mkdir of an existing directory", (has) => has("w") || has("W"), (b) => b.mkdir("n/empty")],
  ["rmdir", (has) => has("w") || has("D"), (b) => b.rmdir("n/empty")],
  ["info", (has) => has("l") || has("r"), (b) => b.info("n/a")],
  ["info of a missing object", (has) => has("l") || has("r"), (b) => b.info("n/missing")],
  ["load", (has) => has("r"), (b) => b.load("n/a")],
  ["loadStream", (has) => has("r"), (b) => collect(b.loadStream("n/a"))],
  ["hash", (has) => has("r"), (b) => b.hash("n/a")],
  ["list", (has) => has("l"), (b) => listNames(b.list("n"))],
  ["store of a new object", (has) => has("w") || has("W"), (b) => b.store("n/new", bytes("x"))],
  ["store of an existing object", (has) => has("W"), (b) => b.store("n/a", bytes("x"))],
  ["storeStream of a new object", (has) => has("w") || has("W"), (b) => b.storeStream("n/new", [bytes("x")])],
  ["storeStream of an existing object", (has) => has("W"), (b) => b.storeStream("n/a", [bytes("x")])],
  ["delete", (has) => has("D"), (b) => b.delete("n/a")],
  ["deleteMany", (has) => has("D"), (b) => firstError(b.deleteMany(["n/a"]))],
  ["move to a new name", (has) => has("D") && (has("w") || has("W")), (b) => b.move("n/a", "n/new")],
  ["move onto an existing object", (has) => has("D") && has("W"), (b) => b.move("n/a", "n/b")],
  ["move onto itself", (has) => has("D") && has("W"), (b) => b.move("n/a", "n/a")],
  [
    "defrag to a new name",
    (has) => has("r") && (has("w") || has("W")),
    (b) => b.defrag([{ name: "n/a", offset: 0, size: 1 }], { name: "n/new" }),
  ],
  [
    "defrag onto an existing object",
    (has) => has("r") && has("W"),
    (b) => b.defrag([{ name: "n/a", offset: 0, size: 1 }], { name: "n/b" }),
  ],
  [
    "defrag to a digest",
    (has) => has("r") && (has("w") || has("W")),
    (b) => b.defrag([{ name: "n/a", offset: 0, size: 1 }], { namespace: "n", level: 1, algorithm: "sha256" }),
  ],
];

async function firstError(results: ReturnType<Backend["deleteMany"]>): Promise<void> {
  const [first] = await results;
  if (first?.error !== undefined) throw first.error;
}

async function filled(createIfAbsent: boolean | "probe"): Promise<Backend> {
  const inner = await openMemory({ createIfAbsent });
  await inner.store("n/a", bytes("aaaa"));
  await inner.store("n/b", bytes("bbbb"));
  await inner.mkdir("n/empty");
  return inner;
}

async function mustBeUnchanged(inner: Backend): Promise<void> {
  expect(await listNames(inner.list("n"))).toEqual(["a", "b", "empty"]);
  expect(text(await inner.load("n/a"))).toBe("aaaa");
  expect(text(await inner.load("n/b"))).toBe("bbbb");
}

describe.each([true, "probe", false] as const)("with createIfAbsent %s", (createIfAbsent) => {
  test.each(matrix)("%s is allowed with the letters of the matrix only", async (_title, isAllowed, run) => {
    for (const given of combinations) {
      const inner = await filled(createIfAbsent);
      const backend = withPermissions(inner, { "": "lrwWD", n: given });
      const outcome = await run(backend).then(
        () => "done",
        (error: unknown) => (StoreError.is(error) ? error.code : error),
      );
      expect([given, outcome]).toEqual([
        given,
        isAllowed((l) => given.includes(l)) ? "done" : "PERMISSION_DENIED",
      ]);
      if (outcome !== "done") await mustBeUnchanged(inner);
    }
  });
});

test("creating and destroying the storage need letters on the root", async () => {
  const inner = await openMemory();
  await inner.close();
  await expect(withPermissions(inner, { "": "lrwW" }).destroy()).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
    operation: "destroy",
    key: "",
  });
  await withPermissions(inner, { "": "D" }).destroy();
  await expect(withPermissions(inner, { "": "lrD" }).create()).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
  });
  await withPermissions(inner, { "": "W" }).create();
  const restricted = withPermissions(inner, { data: "r" });
  await restricted.open();
  expect(await restricted.quota()).toEqual({ limit: -1, usage: -1 });
  await restricted.sync();
  await restricted.close();
});

test("the longest name above decides, also with fewer letters, and without any nothing is allowed", async () => {
  const inner = await openMemory();
  await inner.store("data/01/23/0123", bytes("x"));
  const backend = withPermissions(inner, {
    data: "lr",
    "data/01/23": "",
    "data/01/23/0123": "r",
    other: "lrwWD",
  });
  expect(text(await backend.load("data/01/23/0123"))).toBe("x");
  await expect(backend.info("data/01/23/0124")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  expect(await backend.info("data/01/0124")).toMatchObject({ exists: false });
  await expect(backend.info("database/x")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await expect(listNames(backend.list(""))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await expect(backend.info("constructor")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
});

test("no other spelling of a name gets around its rule", async () => {
  const inner = withScript(await openMemory(), []);
  const backend = withPermissions(inner, { "": "lrwWD", readonly: "lr" });
  for (const name of ["./readonly/k", "readonly//k", "x/../readonly/k", "/readonly/k", "readonly/k/", ""]) {
    const calls = [
      () => backend.delete(name),
      () => backend.store(name, bytes("x")),
      () => backend.move(name, "free"),
      () => backend.move("free", name),
      () => backend.deleteMany(["free", name]),
      () => backend.hash(name),
      () => backend.defrag([], { name }),
      () => collect(backend.loadStream(name)),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "INVALID_NAME" });
  }
  await expect(listNames(backend.list("./readonly"))).rejects.toMatchObject({ code: "INVALID_NAME" });
  expect(inner.calls).toEqual([]);
});

test("what is denied never reaches the backend, and the error says what was needed", async () => {
  const inner = withScript(await openMemory(), []);
  const backend = withPermissions(inner, { "": "l" });
  await expect(backend.load("data/missing")).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
    backend: "memory",
    operation: "load",
    key: "data/missing",
    message: expect.stringContaining("load needs r here, the permissions give l") as string,
  });
  await expect(backend.storeStream("a", [])).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  expect(await backend.deleteMany(["a", "b"])).toMatchObject([
    { name: "a", error: { code: "PERMISSION_DENIED", key: "a" } },
    { name: "b", error: { code: "PERMISSION_DENIED", key: "b" } },
  ]);
  expect(inner.calls).toEqual([]);
});

test("an aborted deleteMany rejects with the reason, also when nothing may be deleted", async () => {
  const backend = withPermissions(await openMemory(), { "": "l" });
  await expect(backend.deleteMany(["a"], { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
});

test("deleteMany deletes what may be deleted and keeps the order of the names", async () => {
  const inner = await openMemory();
  for (const name of ["free/a", "kept/b", "free/c"]) await inner.store(name, bytes("x"));
  const backend = withPermissions(inner, { "": "D", kept: "lr" });
  const results = await backend.deleteMany(["free/a", "kept/b", "free/missing", "free/c"]);
  expect(results).toMatchObject([
    { name: "free/a" },
    { name: "kept/b", error: { code: "PERMISSION_DENIED" } },
    { name: "free/missing", error: { code: "NOT_FOUND" } },
    { name: "free/c" },
  ]);
  expect(results[0]?.error ?? results[3]?.error).toBeUndefined();
  expect(await listNames(inner.list("", { recursive: true }))).toEqual(["kept/b"]);
});

test("of two writers with w at the same moment one is denied where the backend can create-if-absent", async () => {
  const backend = withPermissions(await openMemory(), { "": "rw" });
  const outcomes = await Promise.allSettled([backend.store("a", bytes("1")), backend.store("a", bytes("2"))]);
  expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find((outcome) => outcome.status === "rejected")).toMatchObject({
    reason: { code: "PERMISSION_DENIED", cause: { code: "ALREADY_EXISTS" } },
  });
});

test("a caller's own ifAbsent still gets ALREADY_EXISTS", async () => {
  const backend = withPermissions(await openMemory(), { "": "rw" });
  await backend.store("a", bytes("1"), { ifAbsent: true });
  await expect(backend.store("a", bytes("2"), { ifAbsent: true })).rejects.toMatchObject({
    code: "ALREADY_EXISTS",
  });
});

test("a medium that turns out unable to create-if-absent is looked at before each write", async () => {
  const inner = withScript(
    await openMemory({ createIfAbsent: "probe" }, (memory) => ({
      store: async (name, value, options) => {
        if (options.ifAbsent === true) throw new StoreError("UNSUPPORTED");
        await memory.store(name, value, options);
      },
    })),
    [],
  );
  const backend = withPermissions(inner, { "": "rw" });
  await backend.store("a", bytes("1"));
  await expect(backend.store("a", bytes("2"))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await backend.storeStream("b", [bytes("1")]);
  expect(inner.calls).toEqual(["store", "info", "store", "info", "info", "storeStream"]);
});

test("a stream that a medium has begun to read before it refused is not given to it a second time", async () => {
  const inner = await openMemory({ createIfAbsent: "probe" }, () => ({
    storeStream: async (_name, source, options) => {
      for await (const piece of source) expect(piece).toEqual(bytes("1"));
      if (options.ifAbsent === true) throw new StoreError("UNSUPPORTED");
    },
  }));
  const backend = withPermissions(inner, { "": "rw" });
  const once = (function* () {
    yield bytes("1");
  })();
  await expect(backend.storeStream("a", once)).rejects.toMatchObject({ code: "UNSUPPORTED" });
});

test("rules on exact source names hold for defrag", async () => {
  const inner = await openMemory();
  await inner.store("ns/key", bytes("abc"));
  const backend = withPermissions(inner, { ns: "wW", "ns/key": "r" });
  await backend.defrag([{ name: "ns/key", offset: 1, size: 2 }], { name: "ns/new" });
  expect(text(await inner.load("ns/new"))).toBe("bc");
});

test("a digest target is denied when a rule below its namespace forbids a key that may come out", async () => {
  const backend = withPermissions(await openMemory(), { "": "rw", "data/ab": "r", "data/ab/other": "r" });
  const target = { namespace: "data", algorithm: "sha256" };
  await expect(backend.defrag([], { ...target, level: 1 })).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
  });
  const other = withPermissions(await openMemory(), {
    "": "rw",
    "data/index": "r",
    "data/abc": "r",
    "data/e3/b0/c4": "r",
    archives: "r",
  });
  expect(await other.defrag([], { ...target, level: 1 })).toMatch(/^data\/e3\/e3b0/);
  expect(await other.defrag([], { ...target, namespace: "", level: 0 })).toMatch(/^e3b0/);
});

test("no mapping and an empty one check nothing and cost nothing", async () => {
  const inner = await openMemory();
  expect(withPermissions(inner, undefined)).toBe(inner);
  expect(withPermissions(inner, {})).toBe(inner);
  expect(withPermissions(inner, permissionPresets["borgbackup-all"])).toBe(inner);
});

test("unknown letters and names that could never match are refused", async () => {
  const inner = await openMemory();
  for (const mapping of [
    { "": "rx" },
    { "data/": "r" },
    { Data: "r" },
    { data: null as unknown as string },
  ]) {
    expect(() => withPermissions(inner, mapping)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  }
});

test("the presets protect data as their names say", async () => {
  const inner = await openMemory();
  await inner.store("data/a", bytes("x"));
  const noDelete = withPermissions(inner, permissionPresets["borgbackup-no-delete"]);
  await expect(noDelete.delete("data/a")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await noDelete.store("data/b", await noDelete.load("data/a"));
  const writeOnly = withPermissions(inner, permissionPresets["borgbackup-write-only"]);
  await expect(writeOnly.load("data/a")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await writeOnly.store("data/c", bytes("x"));
  const readOnly = withPermissions(inner, permissionPresets["borgbackup-read-only"]);
  await expect(readOnly.store("data/d", bytes("x"))).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  await readOnly.store("locks/l", bytes("x"));
  await readOnly.delete("locks/l");
});
