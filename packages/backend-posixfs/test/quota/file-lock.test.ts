import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileAccess } from "../../src/file-access.ts";
import { IoMode } from "../../src/io-mode.ts";
import { FileLocks, type LockPace } from "../../src/quota/file-lock.ts";
import { newProcessToken } from "../../src/quota/process-token.ts";
import { freshDirectory } from "../fresh-directory.ts";
import { patchFs } from "./patch-fs.ts";

const lockName = "quota-lock.hid";

function locksIn(
  base: string,
  io: "sync" | "pool" = "sync",
  deadlineMs = 60_000,
  pace?: LockPace,
): FileLocks {
  return new FileLocks(new FileAccess(new IoMode(io), 16, 60_000), base, deadlineMs, pace);
}

/** The token of a process that has ended. */
async function deadToken(): Promise<string> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return newProcessToken().replace(/^\d+/, String(child.pid));
}

describe.each(["sync", "pool"] as const)("with io %s", (io) => {
  test("one has the lock at a time, and nothing is left of it", async () => {
    const base = freshDirectory();
    let holders = 0;
    let most = 0;
    const work = Array.from({ length: 20 }, async () => {
      const lock = await locksIn(base, io).acquire(lockName);
      most = Math.max(most, ++holders);
      await new Promise(setImmediate);
      holders--;
      await lock.release();
    });
    await Promise.all(work);
    expect(most).toBe(1);
    expect(fs.readdirSync(base)).toEqual([]);
  });

  test("the lock of a process that has ended goes to one of those who want it", async () => {
    const base = freshDirectory();
    const dead = await deadToken();
    let holders = 0;
    for (let round = 0; round < 10; round++) {
      fs.writeFileSync(join(base, lockName), dead);
      const work = Array.from({ length: 8 }, async () => {
        const lock = await locksIn(base, io).acquire(lockName);
        expect(++holders).toBe(1);
        await new Promise(setImmediate);
        holders--;
        await lock.release();
      });
      await Promise.all(work);
    }
    expect(fs.readdirSync(base)).toEqual([]);
  });
});

test("a process that died while it removed a dead lock is in nobody's way", async () => {
  const base = freshDirectory();
  const dead = await deadToken();
  fs.writeFileSync(join(base, lockName), dead);
  const undo = patchFs({
    unlinkSync: () => {
      throw Object.assign(new Error("died"), { code: "EIO" });
    },
  });
  await expect(locksIn(base).acquire(lockName)).rejects.toThrow("died");
  undo();
  const marker = fs.readdirSync(base).find((name) => name.startsWith("quota-steal-")) ?? "";
  expect(FileLocks.isLockName(marker)).toBe(true);
  fs.writeFileSync(join(base, marker), dead);
  const lock = await locksIn(base).acquire(lockName);
  expect(fs.readdirSync(base)).toEqual([lockName]);
  await lock.release();
});

test.each([
  "",
  "somebody",
  newProcessToken().replace(/-[0-9a-f]{8}-[0-9a-f]{12}$/, "-00000000-0123456789ab"),
])("a holder of whom nothing is known (%j) loses the lock when it is silent for long", async (content) => {
  const base = freshDirectory();
  fs.writeFileSync(join(base, lockName), content);
  const started = performance.now();
  const lock = await locksIn(base, "sync", 60_000, { beatMs: 0, silenceMs: 200 }).acquire(lockName);
  expect(performance.now() - started).toBeGreaterThan(190);
  await lock.release();
  expect(fs.readdirSync(base)).toEqual([]);
});

test("waiting ends with TIMEOUT when a living process does not let go", async () => {
  const base = freshDirectory();
  const lock = await locksIn(base).acquire(lockName);
  await expect(locksIn(base, "sync", 50).acquire(lockName)).rejects.toMatchObject({ code: "TIMEOUT" });
  await lock.release();
});

test("waiting can be aborted", async () => {
  const base = freshDirectory();
  const lock = await locksIn(base).acquire(lockName);
  const controller = new AbortController();
  const waiting = locksIn(base).acquire(lockName, controller.signal);
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await lock.release();
  expect(fs.readdirSync(base)).toEqual([]);
});

test("a holder that shows signs of life is waited for, beyond the deadline", async () => {
  const base = freshDirectory();
  const deadlineMs = 1000;
  const lock = await locksIn(base, "sync", 60_000, { beatMs: 0, silenceMs: 60_000 }).acquire(lockName);
  const waiting = locksIn(base, "sync", deadlineMs).acquire(lockName);
  const endMs = performance.now() + 1.5 * deadlineMs;
  while (performance.now() < endMs) {
    await lock.beat();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(fs.readdirSync(base)).toEqual([lockName]);
  await lock.release();
  await (await waiting).release();
  expect(fs.readdirSync(base)).toEqual([]);
});

test("a beat writes the lock anew, but not more often than it should", async () => {
  const base = freshDirectory();
  const path = join(base, lockName);
  for (const [beatMs, isWritten] of [
    [60_000, false],
    [0, true],
  ] as const) {
    const lock = await locksIn(base, "sync", 60_000, { beatMs, silenceMs: 60_000 }).acquire(lockName);
    const content = fs.readFileSync(path, "latin1");
    fs.utimesSync(path, 1, 1);
    await lock.beat();
    expect(fs.statSync(path).mtimeMs > 1000).toBe(isWritten);
    expect(fs.readFileSync(path, "latin1")).toBe(content);
    await lock.release();
  }
});

test("removeDead removes the locks of processes that have ended, and no others", async () => {
  const base = freshDirectory();
  const mine = FileLocks.nameFor("mine");
  const theirs = FileLocks.nameFor("theirs");
  const unknown = FileLocks.nameFor("unknown");
  const lock = await locksIn(base).acquire(mine);
  fs.writeFileSync(join(base, unknown), "somebody");
  const all = [mine, theirs, unknown];
  expect(await locksIn(base).removeDead(all)).toBe(false);
  fs.writeFileSync(join(base, theirs), await deadToken());
  expect(await locksIn(base).removeDead(all)).toBe(true);
  expect(fs.readdirSync(base).sort()).toEqual([mine, unknown].sort());
  await lock.release();
});

test("names of locks are hidden names, and known as locks", () => {
  expect(FileLocks.nameFor("data/a")).toMatch(/^quota-lock-[0-9a-f]{16}\.hid$/);
  expect(FileLocks.isLockName(FileLocks.nameFor("data/a"))).toBe(true);
  expect(FileLocks.isLockName(lockName)).toBe(true);
  for (const other of ["quota.hid", "quota-lock-a.hid", "quota-lock"]) {
    expect(FileLocks.isLockName(other)).toBe(false);
  }
});

test("in a storage that is gone there is nothing to lock", async () => {
  const gone = join(freshDirectory(), "gone");
  await expect(locksIn(gone).acquire(lockName)).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
});
