import { expect, test, vi } from "vitest";
import { memoryBackend, Store, type StoreOperationEvent } from "../../src/index.ts";
import { pythonString } from "../../src/store/python-repr.ts";
import { bytes, collect, failure, openBench } from "./helpers.ts";

const namespaces = { data: { levels: [1] } };

test("every operation is logged in one line as the reference does it", async () => {
  const lines: string[] = [];
  const { store } = await openBench(namespaces, { logger: { debug: (line) => void lines.push(line) } });
  expect(lines.map(withoutTime)).toEqual(["borgstore: create() -> 0B in", "borgstore: open() -> 0B in"]);
  lines.length = 0;
  await store.store("data/abcd", bytes("0123456789"));
  await store.storeStream("data/it's", [bytes("xy")]);
  await store.load("data/abcd");
  await store.load("data/abcd", { offset: -3, size: 2 });
  await collect(store.loadStream("data/abcd", { size: 4 }));
  await store.info("data/abcd");
  await store.hash("data/abcd", "sha256");
  await store.softDelete("data/abcd");
  await store.undelete("data/abcd");
  await store.changeLevel("data/abcd");
  await store.move("data/abcd", "data/bcde");
  await collect(store.list("data"));
  await store.defrag([{ key: "bcde", offset: 0, size: 5 }], { namespace: "data", target: "cdef" });
  await store.delete("data/bcde");
  await collect(store.deleteMany(["data/cdef"]));
  await failure(store.load("data/bcde"), "NOT_FOUND");
  await failure(store.store("data/it's", bytes(""), { ifAbsent: true }), "ALREADY_EXISTS");
  await store.quota();
  await store.sync();
  await store.close();
  expect(lines.map(withoutTime)).toEqual([
    "borgstore: store('data/abcd') -> 10B in",
    `borgstore: store_stream("data/it's") -> 2B in`,
    "borgstore: load('data/abcd', offset=0, size=None, deleted=False) -> 10B in",
    "borgstore: load('data/abcd', offset=-3, size=2, deleted=False) -> 2B in",
    "borgstore: load_stream('data/abcd', offset=0, size=4, deleted=False) -> 4B in",
    "borgstore: info('data/abcd', deleted=False) -> 0B in",
    "borgstore: hash('data/abcd', algorithm='sha256', deleted=False) -> 0B in",
    "borgstore: soft_delete('data/abcd', deleted=False) ['data/ab/abcd', 'data/ab/abcd.del'] -> 0B in",
    "borgstore: soft_undelete('data/abcd', deleted=False) ['data/ab/abcd.del', 'data/ab/abcd'] -> 0B in",
    "borgstore: change_level('data/abcd', deleted=False) ['data/ab/abcd', 'data/ab/abcd'] -> 0B in",
    "borgstore: rename('data/abcd', 'data/bcde', deleted=False) ['data/ab/abcd', 'data/bc/bcde'] -> 0B in",
    "borgstore: list_start('data', deleted=False)",
    "borgstore: list_end('data', deleted=False) -> 2",
    "borgstore: defrag(1 sources, target='cdef', algorithm=None, namespace='data') ['cdef'] -> 5B in",
    "borgstore: delete('data/bcde', deleted=False) -> 0B in",
    "borgstore: delete('data/cdef', deleted=False) -> 0B in",
    "borgstore: load('data/bcde', offset=0, size=None, deleted=False) failed: NOT_FOUND in",
    `borgstore: store("data/it's", if_absent=True) failed: ALREADY_EXISTS in`,
    "borgstore: quota() -> 0B in",
    "borgstore: sync() -> 0B in",
    "borgstore: close() -> 0B in",
  ]);
});

function withoutTime(line: string): string {
  return line.replace(/ \d+\.\dms$/, "");
}

test("the console is a logger, and a line is not made without one", async () => {
  const debug = vi.spyOn(console, "debug").mockImplementation(() => undefined);
  try {
    const { store } = await openBench(namespaces, { logger: console });
    await store.store("data/abcd", bytes("x"));
    expect(debug.mock.lastCall?.[0]).toMatch(/^borgstore: store\('data\/abcd'\) -> 1B in \d+\.\dms$/);
  } finally {
    debug.mockRestore();
  }
});

test("names cannot fake lines of the log", async () => {
  const lines: string[] = [];
  const { store } = await openBench(namespaces, { logger: { debug: (line) => void lines.push(line) } });
  lines.length = 0;
  await failure(store.load("data/x\nborgstore: y\u2028"), "INVALID_NAME");
  await failure(collect(store.list("DATA\r")), "INVALID_NAME");
  expect(lines[0]).toContain("load('data/x\\nborgstore: y\\u2028', ");
  expect(lines[1]).toContain("list_start('DATA\\r', ");
  expect(lines[2]).toMatch(/^borgstore: list_end\('DATA\\r', deleted=False\) failed: INVALID_NAME in /);
});

test.each([
  ["plain", "'plain'"],
  ["it's", `"it's"`],
  [`both ' and "`, `'both \\' and "'`],
  ["back\\slash", "'back\\\\slash'"],
  ["\t\u0000\u007f", "'\\t\\x00\\x7f'"],
  ["\u00e4\u20ac\u{1f600}", "'\\xe4\\u20ac\\U0001f600'"],
])("strings are written as in Python: %j", (value, expected) => {
  expect(pythonString(value)).toBe(expected);
});

test("the hook gets plain data of each operation", async () => {
  const events: StoreOperationEvent[] = [];
  const { store } = await openBench(namespaces, { onOperation: (event) => void events.push(event) });
  events.length = 0;
  await store.store("data/abcd", bytes("0123"));
  await store.move("data/abcd", "data/bcde");
  await failure(store.load("data/abcd"), "NOT_FOUND");
  const reason = new Error("enough");
  await expect(store.load("data/bcde", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await collect(store.list("data"));
  expect(events).toEqual([
    { operation: "store", name: "data/abcd", volume: 4, durationMs: expect.any(Number) },
    { operation: "move", name: "data/abcd", newName: "data/bcde", volume: 0, durationMs: expect.any(Number) },
    { operation: "load", name: "data/abcd", volume: 0, durationMs: expect.any(Number), error: "NOT_FOUND" },
    { operation: "load", name: "data/bcde", volume: 0, durationMs: expect.any(Number), error: "ABORTED" },
    { operation: "list", name: "data", volume: 0, durationMs: expect.any(Number) },
  ]);
});

test("what a hook or a logger throws is thrown anew outside of the operation, which keeps its outcome", async () => {
  const later: (() => void)[] = [];
  vi.stubGlobal("queueMicrotask", (callback: () => void) => void later.push(callback));
  try {
    const { store } = await openBench(namespaces, {
      backend: memoryBackend(),
      onOperation: () => {
        throw new Error("hook");
      },
      logger: {
        debug() {
          throw new Error("logger");
        },
      },
    });
    later.length = 0;
    await store.store("data/abcd", bytes("x"));
    expect(later).toHaveLength(2);
    expect(later[0]).toThrow("hook");
    expect(later[1]).toThrow("logger");
  } finally {
    vi.unstubAllGlobals();
  }
});

function storeWith(observers: object): Store {
  return new Store({ backend: memoryBackend(), namespaces, ...observers });
}

test("what cannot be told anything is refused at once, not by an uncaught exception later", () => {
  for (const logger of [() => undefined, {}, null, "console"]) {
    expect(() => storeWith({ logger })).toThrow("logger is an object with a method debug(message)");
  }
  expect(() => storeWith({ onOperation: {} })).toThrow("onOperation is a function");
});
