import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, test } from "vitest";
import { measureCalls, type CallsPlan } from "../../src/calls/measure-calls.ts";
import { Workspace } from "../../src/measure/workspace.ts";
import { asyncSubject } from "../../src/subjects/async-subject.ts";
import type { Subject } from "../../src/subjects/subject.ts";

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace(tmpdir());
});
afterEach(() => workspace[Symbol.dispose]());

const plan: CallsPlan = {
  bench: "test",
  operations: ["store-new", "store", "load", "list"],
  concurrencies: [1, 4],
  count: 8,
  countOfMany: 20,
  slices: 2,
  rounds: 2,
};

/** Keeps values in memory, and tells how many calls there were. */
function memorySubject(calls: string[], closed: string[] = []): Subject {
  return asyncSubject("memory", async () => {
    const values = new Map<string, Uint8Array>();
    return {
      store: async (key, value) => {
        calls.push("store");
        values.set(key, value);
      },
      load: async (key) => values.get(key) ?? new Uint8Array(),
      delete: async (key) => values.delete(key),
      list: async () => values.size,
      close: async () => void closed.push("memory"),
    };
  });
}

test("several callers have a count of their own, and a listing finds what was stored before", async () => {
  const calls: string[] = [];
  const figures = await measureCalls([memorySubject(calls)], 16, plan, workspace);
  // Two kinds of storing, in a round to warm up and two that count.
  expect(calls).toHaveLength(2 * 3 * (8 + 20));
  expect(figures.map(({ what, callers, rounds }) => [what, callers, rounds.length])).toEqual([
    ["store-new 16", 1, 2],
    ["store-new 16", 4, 2],
    ["store 16", 1, 2],
    ["store 16", 4, 2],
    ["load 16", 1, 2],
    ["load 16", 4, 2],
    ["list 16", 1, 2],
  ]);
});

test("a subject is measured only with the numbers of callers that it names", async () => {
  const subject = { ...memorySubject([]), callers: [4, 64] };
  const figures = await measureCalls([subject], 16, { ...plan, operations: ["store"] }, workspace);
  expect(figures.map(({ callers }) => callers)).toEqual([4]);
});

test("subjects that are open are closed when the next one cannot be opened", async () => {
  const closed: string[] = [];
  const broken = asyncSubject("broken", async () => {
    throw new Error("no connection");
  });
  const measuring = measureCalls([memorySubject([], closed), broken], 16, plan, workspace);
  await expect(measuring).rejects.toThrow("no connection");
  expect(closed).toEqual(["memory", "memory"]);
});
