import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeKeys, makeNeighbourKeys, makeValue, nestKey } from "../../src/measure/keys.ts";
import { Workspace } from "../../src/measure/workspace.ts";
import { rawPool, runAll } from "../../src/subjects/raw-pool.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace(tmpdir());
});
afterEach(() => workspace[Symbol.dispose]());

test("it does what it is measured for, with one caller and with several", async () => {
  const directory = workspace.makeDirectory();
  const raw = await rawPool.open(directory);
  const keys = makeKeys(20);
  const value = makeValue(100_000);
  await raw.run("store-new", keys, value, 16);
  await raw.run("store", makeNeighbourKeys(keys), value, 1);
  await raw.run("replace", keys, value, 4);
  expect((await raw.list()).count).toBe(40);
  for (const key of keys) {
    const path = join(directory, "data", nestKey(key));
    expect(readFileSync(path).equals(value)).toBe(true);
    expect(readdirSync(join(path, "..")).some((name) => name.endsWith(".tmp"))).toBe(false);
  }
  await raw.run("load", keys, value, 16);
  await raw.run("info", keys, value, 16);
  await raw.run("delete", keys, value, 16);
  expect((await raw.list()).count).toBe(20);
});

test("a wrong value or size stops the run, and so does a file that is not there", async () => {
  const raw = await rawPool.open(workspace.makeDirectory());
  const keys = ["ab".repeat(32)];
  await raw.run("store-new", keys, new Uint8Array(3), 1);
  const longer = new Uint8Array(4);
  await expect(raw.run("load", keys, longer, 1)).rejects.toThrow("wrong value");
  await expect(raw.run("info", keys, longer, 1)).rejects.toThrow("wrong size");
  for (const operation of ["load", "info", "delete"] as const) {
    await expect(raw.run(operation, ["cd".repeat(32)], longer, 1)).rejects.toThrow("ENOENT");
  }
});

test("no more run at a time than asked for, and each input once", async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await runAll([1, 2, 3, 4, 5, 6, 7], 3, (input, done) => {
    most = Math.max(most, ++running);
    seen.push(input);
    setImmediate(() => {
      running--;
      done();
    });
  });
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
  await runAll([], 3, () => expect.unreachable());
});

test("after the first error nothing is begun", async () => {
  let begun = 0;
  const running = runAll([1, 2, 3, 4, 5, 6], 2, (input, done) => {
    begun++;
    setImmediate(() => done(input === 2 ? new Error("no more") : undefined));
  });
  await expect(running).rejects.toThrow("no more");
  await sleep(5);
  // The two of the beginning, and the one that came when the first was done.
  expect(begun).toBe(3);
});
