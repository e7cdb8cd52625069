import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FileCalls } from "../src/file-calls.ts";
import { IoMode } from "../src/io-mode.ts";
import { publish } from "../src/store-file.ts";
import { syncCalls } from "../src/sync-calls.ts";

const { platform } = process;

function setPlatform(value: string): void {
  Object.defineProperty(process, "platform", { value });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  setPlatform(platform);
});

const held = Object.assign(new Error("held"), { code: "EPERM", syscall: "rename" });

/** Calls whose rename fails so many times. */
function failingCalls(times: number): { calls: FileCalls; renames: () => number } {
  let renames = 0;
  const rename = (): void => {
    if (renames++ < times) throw held;
  };
  return { calls: { ...syncCalls(new IoMode("sync")), rename }, renames: () => renames };
}

test("on Windows a rename of a file that somebody holds is tried again", async () => {
  setPlatform("win32");
  const { calls, renames } = failingCalls(3);
  const published = publish(calls, "a.tmp", "a", false);
  await vi.runAllTimersAsync();
  await published;
  expect(renames()).toBe(4);
});

test("on Windows a rename is given up after a few seconds", async () => {
  setPlatform("win32");
  const { calls } = failingCalls(Infinity);
  const start = Date.now();
  const outcome = Promise.allSettled([publish(calls, "a.tmp", "a", false)]);
  await vi.runAllTimersAsync();
  expect(await outcome).toEqual([{ status: "rejected", reason: held }]);
  expect(Date.now() - start).toBe(2750);
});

test("elsewhere a rename that is refused is an error at once", async () => {
  setPlatform("linux");
  const { calls, renames } = failingCalls(1);
  await expect(publish(calls, "a.tmp", "a", false)).rejects.toBe(held);
  expect(renames()).toBe(1);
});
