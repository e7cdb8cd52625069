import { expect, test, vi } from "vitest";
import { endWithProcess } from "../../src/transport/end-with-process.ts";

/** What would run at the exit of this process because of `work`. */
function addedBy<T>(work: () => T): { readonly result: T; readonly listeners: ((code: number) => void)[] } {
  const before = new Set(process.listeners("exit"));
  const result = work();
  return { result, listeners: process.listeners("exit").filter((listener) => !before.has(listener)) };
}

test("children of an exiting process are ended, all by one listener", () => {
  const kills = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()] as const;
  const { result, listeners } = addedBy(() => kills.map((kill) => endWithProcess(kill)));
  expect(listeners).toHaveLength(1);
  result[1]?.();
  listeners[0]?.(0);
  expect(kills.map((kill) => kill.mock.calls.length)).toEqual([1, 0, 1]);
  for (const forget of result) forget();
});

test("nothing is left when all children have ended, also when that is told twice", () => {
  const before = process.listenerCount("exit");
  const forget = endWithProcess(() => undefined);
  const forgetOther = endWithProcess(() => undefined);
  expect(process.listenerCount("exit")).toBe(before + 1);
  forget();
  forget();
  expect(process.listenerCount("exit")).toBe(before + 1);
  forgetOther();
  expect(process.listenerCount("exit")).toBe(before);
});
