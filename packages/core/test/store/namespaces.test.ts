import { expect, test } from "vitest";
import { maxLevel, memoryBackend, Store, type NamespacesConfig } from "../../src/index.ts";
import { bytes, failure, openBench } from "./helpers.ts";

const make = (namespaces: unknown): Store =>
  new Store({ backend: memoryBackend(), namespaces: namespaces as NamespacesConfig });

test("names are nested by the levels of their namespace", async () => {
  const { store, places } = await openBench({
    config: { levels: [0] },
    "data/": { levels: [2] },
    "data/deep": { levels: [3] },
    "": { levels: [1] },
  });
  for (const name of ["config/main", "data/0123456789", "data/deep/abcdef01", "rooted"]) {
    await store.store(name, bytes(name));
  }
  expect(places()).toEqual([
    "config/main",
    "data/01/23/0123456789",
    "data/deep/ab/cd/ef/abcdef01",
    "ro/rooted",
  ]);
});

test("a namespace takes whole segments only", async () => {
  const { store, places } = await openBench({ data: { levels: [1] }, database: { levels: [0] } });
  await store.store("database/abcd", bytes("x"));
  await store.store("data/sub/abcd", bytes("x"));
  expect(places()).toEqual(["data/sub/ab/abcd", "database/abcd"]);
  await failure(store.store("datax/abcd", bytes("x")), "NO_NAMESPACE");
});

test("what no namespace takes is refused without I/O, and the message names the configured ones", async () => {
  const { store, calls } = await openBench({ data: { levels: [1] } });
  for (const name of ["other/abcd", "abcd", "data"]) {
    const error = await failure(store.load(name), "NO_NAMESPACE");
    expect(error.message).toContain('"data"');
    expect(error).toMatchObject({ key: name, operation: "load", backend: "memory" });
  }
  expect(calls).toEqual([]);
});

test.each([
  ["none", {}],
  ["null", null],
  ["levels missing", { data: {} }],
  ["no object for a namespace", { data: undefined }],
  ["levels empty", { data: { levels: [] } }],
  ["levels no array", { data: { levels: 2 } }],
  ["a negative level", { data: { levels: [-1] } }],
  ["a fractional level", { data: { levels: [1.5] } }],
  ["a level that is a string", { data: { levels: ["2"] } }],
  ["a level above the maximum", { data: { levels: [maxLevel + 1] } }],
  ["a level twice", { data: { levels: [1, 1] } }],
  ["an invalid name", { "A B": { levels: [0] } }],
  ["only a slash", { "/": { levels: [0] } }],
  ["one namespace twice", { data: { levels: [0] }, "data/": { levels: [1] } }],
])("a configuration that makes no sense is refused at construction: %s", (_what, namespaces) => {
  expect(() => make(namespaces)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("the highest level can be used", async () => {
  const { store, places } = await openBench({ d: { levels: [maxLevel] } });
  const key = "0".repeat(2 * maxLevel);
  await store.store(`d/${key}`, bytes("x"));
  expect(places()).toEqual([`d/${"00/".repeat(maxLevel)}${key}`]);
});
