import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeKeys, nestKey } from "../../src/measure/keys.ts";
import { Workspace } from "../../src/measure/workspace.ts";
import {
  directoriesOf,
  makeDirectoriesDurably,
  storeDurably,
  syncByCallbacks,
  syncBySyncCalls,
} from "../../src/posixfs-bench/durable-by-hand.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace(tmpdir());
});
afterEach(() => workspace[Symbol.dispose]());

test("the directories to sync are those of the keys and all above, to the storage's own, each once", () => {
  const keys = ["aabb", "aabb0", "aacc", "ddbb"].map((start) => start.padEnd(64, "0"));
  expect(directoriesOf("/s", keys)).toEqual([
    "/s",
    "/s/data",
    "/s/data/aa",
    "/s/data/dd",
    "/s/data/aa/bb",
    "/s/data/aa/cc",
    "/s/data/dd/bb",
  ]);
});

test.each([true, false])(
  "durable stores are there under their names alone, directory synced: %s",
  async (withDirectory) => {
    const storage = workspace.makeDirectory();
    const keys = makeKeys(40);
    await makeDirectoriesDurably(directoriesOf(storage, keys));
    await storeDurably(storage, keys, new Uint8Array([1, 2, 3]), withDirectory);
    for (const key of keys) {
      const path = join(storage, "data", nestKey(key));
      expect([...readFileSync(path)]).toEqual([1, 2, 3]);
      expect(readdirSync(join(path, ".."))).not.toContain(`${key}.tmp`);
    }
  },
);

test("a store that fails makes all fail", async () => {
  const storage = workspace.makeDirectory();
  const keys = makeKeys(4);
  await makeDirectoriesDurably(directoriesOf(storage, keys.slice(1)));
  await expect(storeDurably(storage, keys, new Uint8Array(1), true)).rejects.toThrow("ENOENT");
});

test.each([syncByCallbacks, syncBySyncCalls])(
  "syncing takes files and directories, and fails where one is missing",
  async (sync) => {
    const storage = workspace.makeDirectory();
    const keys = makeKeys(3);
    const directories = directoriesOf(storage, keys);
    await makeDirectoriesDurably(directories);
    await storeDurably(storage, keys, new Uint8Array(1), false);
    await sync([...keys.map((key) => join(storage, "data", nestKey(key))), ...directories]);
    await expect(sync([join(storage, "missing")])).rejects.toThrow("ENOENT");
  },
);
