import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { posixfsBackend } from "../../src/index.ts";
import { compilePackage, type CompiledPackage } from "../compiled-package.ts";
import { freshDirectory } from "../fresh-directory.ts";
import { bytesBelow, leftovers, quotaFileOf } from "./storage-files.ts";

const limit = 200_000;

let compiled: CompiledPackage;
let filling: string;
let dying: string;

beforeAll(() => {
  compiled = compilePackage();
  // Stores small values until the limit refuses one, with deletes, replacements and moves in between; waits for a
  // line on its input before it closes.
  filling = compiled.program(
    "filling",
    `import { pathToFileURL } from "node:url";
    const [, , , id, limit] = process.argv;
    const backend = posixfs.fromUrl(pathToFileURL(base).href, { quota: Number(limit) });
    await backend.open();
    let refusals = 0;
    for (let i = 0; refusals < 20; i++) {
      const sizes = [i % 700, (i * 7) % 300];
      try {
        await backend.store(\`data/\${id}-\${i}\`, new Uint8Array(sizes[0]), { ifAbsent: i % 2 === 0 });
        if (i % 5 === 0) await backend.store(\`shared/\${i % 3}\`, new Uint8Array(sizes[1]));
        if (i % 7 === 0) await backend.move(\`data/\${id}-\${i}\`, \`shared/\${(i + 1) % 3}\`);
        if (i % 11 === 0) await backend.delete(\`shared/\${i % 3}\`);
      } catch (error) {
        if (error.code === "QUOTA_EXCEEDED") refusals++;
        else if (error.code !== "NOT_FOUND") throw error;
      }
      if (i === 20) console.log("busy");
    }
    await backend.close();`,
  );
  // Kills itself when a file is about to get the name given.
  dying = compiled.program(
    "dying",
    `import { pathToFileURL } from "node:url";
    import { syncBuiltinESMExports } from "node:module";
    const victim = process.argv[3];
    const backend = posixfs.fromUrl(pathToFileURL(base).href, { quota: ${limit}, io: "sync" });
    await backend.open();
    await backend.store("data/before", new Uint8Array(1000));
    const { renameSync } = fs.default;
    fs.default.renameSync = (from, to) => {
      if (to.endsWith(victim)) process.kill(process.pid, "SIGKILL");
      renameSync(from, to);
    };
    syncBuiltinESMExports();
    await backend.store("data/after", new Uint8Array(50_000));
    await backend.store("data/last", new Uint8Array(50_000));`,
  );
});
afterAll(() => compiled.remove());

function start(program: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

async function newStorage(): Promise<string> {
  const path = join(freshDirectory(), "store");
  await posixfsBackend({ path }).create();
  return path;
}

async function mustBeExactAfterReopening(path: string): Promise<void> {
  const backend = posixfsBackend({ path, quota: limit });
  await backend.open();
  const usage = bytesBelow(path);
  expect(await backend.quota()).toEqual({ limit, usage });
  await backend.store("data/again", new Uint8Array(100));
  await backend.close();
  expect(quotaFileOf(path)).toBe(String(usage + 100));
  expect(leftovers(path).filter((name) => name.startsWith("quota"))).toEqual([]);
}

describe("several processes", () => {
  test("never exceed the limit together, and leave the exact count", async () => {
    const path = await newStorage();
    const children = ["a", "b", "c", "d"].map((id) => start(filling, path, id, String(limit)));
    const exits = children.map(async (child) => (await once(child, "exit"))[0] as unknown);
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, committedBytes(path))), 5);
    const codes = await Promise.all(exits).finally(() => clearInterval(watch));
    expect(codes).toEqual([0, 0, 0, 0]);
    const usage = bytesBelow(path);
    expect(Math.max(most, usage)).toBeLessThanOrEqual(limit);
    expect(usage).toBeGreaterThan(0.95 * limit);
    expect(quotaFileOf(path)).toBe(String(usage));
    expect(leftovers(path)).toEqual([]);
  });

  test("go on when one of them is killed, and the next to be alone counts anew", async () => {
    const path = await newStorage();
    const killed = start(filling, path, "a", String(2 ** 40));
    await once(killed.stdout as Readable, "data");
    const other = posixfsBackend({ path, quota: limit * 100 });
    await other.open();
    killed.kill("SIGKILL");
    await once(killed, "exit");
    await other.store("data/other", new Uint8Array(100));
    const { usage } = await other.quota();
    expect(usage).toBeGreaterThanOrEqual(bytesBelow(path));
    const third = posixfsBackend({ path, quota: limit * 100 });
    await third.open();
    await third.store("data/third", new Uint8Array(100));
    await other.close();
    await third.close();
    expect(quotaFileOf(path)).toMatch(/^\d+ !$/);
    const alone = posixfsBackend({ path, quota: limit * 100 });
    await alone.open();
    await alone.close();
    expect(quotaFileOf(path)).toBe(String(bytesBelow(path)));
  });
});

describe("a process that is killed", () => {
  test.each([
    ["while it stores, with the lock of the name in hand", "data/after"],
    ["while it changes the count, with the lock of the count in hand", "quota.hid"],
  ])("%s, is in nobody's way, and the count is exact again", async (_, victim) => {
    const path = await newStorage();
    const child = start(dying, path, victim);
    const [, signal] = (await once(child, "exit")) as [unknown, unknown];
    expect(signal).toBe("SIGKILL");
    expect(leftovers(path).some((name) => name.startsWith("quota-lock"))).toBe(true);
    expect(quotaFileOf(path)).toMatch(/^\d+ \S+$/);
    await mustBeExactAfterReopening(path);
  });

  test("leaves locks that a session which is open already gets past", async () => {
    const path = await newStorage();
    const open = posixfsBackend({ path, quota: limit });
    await open.open();
    await once(start(dying, path, "data/after"), "exit");
    expect(leftovers(path).some((name) => name.startsWith("quota-lock-"))).toBe(true);
    await open.store("data/after", new Uint8Array(10));
    expect(leftovers(path).some((name) => name.startsWith("quota-lock-"))).toBe(false);
    await open.close();
    await mustBeExactAfterReopening(path);
  });

  test("leaves locks that make the next session count anew, also when somebody has counted them since", async () => {
    const path = await newStorage();
    await once(start(dying, path, "data/after"), "exit");
    // As the reference does, with the lock in the sum.
    fs.writeFileSync(join(path, "quota.hid"), String(bytesBelow(path) + 45));
    expect(leftovers(path).some((name) => name.startsWith("quota-lock-"))).toBe(true);
    await mustBeExactAfterReopening(path);
  });

  test("between two operations, is noticed by the next session", async () => {
    const path = await newStorage();
    const child = start(filling, path, "a", String(2 ** 40));
    await once(child.stdout as Readable, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(quotaFileOf(path)).toMatch(/^\d+ \S+$/);
    const backend = posixfsBackend({ path, quota: 2 ** 40 });
    await backend.open();
    await backend.close();
    expect(quotaFileOf(path)).toBe(String(bytesBelow(path)));
  });
});

/** Like `bytesBelow`, of objects only, while they are changed. */
function committedBytes(path: string): number {
  let sum = 0;
  for (const directory of ["data", "shared"]) {
    if (!fs.existsSync(join(path, directory))) continue;
    for (const name of fs.readdirSync(join(path, directory))) {
      if (name.endsWith(".tmp")) continue;
      sum += fs.statSync(join(path, directory, name), { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return sum;
}
