import { expect, test } from "vitest";
import { defineBackend, StoreError } from "../../src/index.ts";
import { makeTestDriver } from "./test-driver.ts";

function fail(): never {
  throw new StoreError("NO_SPACE", { key: "a" });
}

const value = new Uint8Array([1, 2, 3]);

test("a driver may give results instead of promises of them", async () => {
  const stored: string[] = [];
  const driver = makeTestDriver({
    info: (name) => ({ name, exists: true, size: 3, isDirectory: false }),
    load: () => value,
    store: (name) => void stored.push(name),
    delete: (name) => void stored.splice(stored.indexOf(name), 1),
  });
  const backend = defineBackend(driver);
  await backend.open();
  for (const signal of [undefined, new AbortController().signal]) {
    const storing = backend.store("a", value, { signal });
    expect(storing).toBeInstanceOf(Promise);
    await storing;
    expect(stored).toEqual(["a"]);
    expect(await backend.load("a", { signal })).toBe(value);
    expect(await backend.info("a", { signal })).toMatchObject({ name: "a", size: 3 });
    await backend.delete("a", { signal });
    expect(stored).toEqual([]);
  }
  await backend.close();
});

test("what a driver throws at once is a failure with the context of the call", async () => {
  const backend = defineBackend(makeTestDriver({ info: fail, load: fail, store: fail, delete: fail }));
  await backend.open();
  for (const signal of [undefined, new AbortController().signal]) {
    for (const [operation, call] of [
      ["info", () => backend.info("a", { signal })],
      ["load", () => backend.load("a", { signal })],
      ["store", () => backend.store("a", value, { signal })],
      ["delete", () => backend.delete("a", { signal })],
    ] as const) {
      await expect(call()).rejects.toMatchObject({ code: "NO_SPACE", operation, backend: "test", key: "a" });
    }
  }
  // Nothing is under way any more.
  await backend.close();
});
