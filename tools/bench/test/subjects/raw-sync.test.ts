import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeKeys, makeNeighbourKeys, nestKey } from "../../src/measure/keys.ts";
import { Workspace } from "../../src/measure/workspace.ts";
import { rawSync } from "../../src/subjects/raw-sync.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace(tmpdir());
});
afterEach(() => workspace[Symbol.dispose]());

test("the bound does what it is measured for", async () => {
  const directory = workspace.makeDirectory();
  const raw = await rawSync.open(directory);
  const keys = makeKeys(20);
  const value = new Uint8Array([1, 2, 3]);
  await raw.run("store-new", keys, value, 1);
  await raw.run("store", makeNeighbourKeys(keys), value, 1);
  await raw.run("replace", keys, value, 1);
  expect((await raw.list()).count).toBe(40);
  for (const key of keys) {
    const path = join(directory, "data", nestKey(key));
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
    expect(readdirSync(join(path, "..")).some((name) => name.endsWith(".tmp"))).toBe(false);
  }
  await raw.run("load", keys, value, 1);
  await raw.run("info", keys, value, 1);
  await raw.run("delete", keys, value, 1);
  expect((await raw.list()).count).toBe(20);
});

test("a wrong value or size stops the run", async () => {
  const raw = await rawSync.open(workspace.makeDirectory());
  await raw.run("store-new", ["ab".repeat(32)], new Uint8Array(3), 1);
  const longer = new Uint8Array(4);
  await expect(raw.run("load", ["ab".repeat(32)], longer, 1)).rejects.toThrow("wrong value");
  await expect(raw.run("info", ["ab".repeat(32)], longer, 1)).rejects.toThrow("wrong size");
});
