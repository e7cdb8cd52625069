import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  measureFileCalls,
  measureLists,
  measureStoreCalls,
  quickDirectory,
} from "../../src/guard/measure-speed.ts";
import { findLosses, type SpeedLimit } from "../../src/guard/speed-limits.ts";
import { Workspace } from "../../src/measure/workspace.ts";
import { asyncSubject } from "../../src/subjects/async-subject.ts";
import { openPosixfsStore, posixfsStore } from "../../src/subjects/ours.ts";
import type { Subject } from "../../src/subjects/subject.ts";

// About twice what the bars promise. They are for a quiet machine and many more calls; this is for every run of the
// tests, beside whatever else is running.

const elapsedRatio = 10;
const fileLimits: ReadonlyMap<string, SpeedLimit> = new Map([
  ["store-new", { ratio: 2.5, elapsedRatio }],
  ["store", { ratio: 2.5, elapsedRatio }],
  ["load", { ratio: 2.8, elapsedRatio }],
  ["info", { ratio: 3, addedUs: 6, elapsedRatio }],
  ["delete", { ratio: 2.6, elapsedRatio }],
]);
const coreLimits: ReadonlyMap<string, SpeedLimit> = new Map(
  ["store", "load", "info", "delete"].map((operation) => [operation, { addedUs: 6 }]),
);
const listLimits: ReadonlyMap<string, SpeedLimit> = new Map([
  ["names", { ratio: 2.5 }],
  ["sizes", { ratio: 2.5 }],
]);
const times = 5;
// One that is busy with much else may need all of them.
const options = { timeout: 300_000 };

let workspace: Workspace;
beforeAll(() => {
  workspace = new Workspace(quickDirectory());
});
afterAll(() => workspace[Symbol.dispose]());

test("the Store over local files is not much slower than bare system calls", options, async () => {
  expect(await findLosses(() => measureFileCalls(posixfsStore, workspace), fileLimits, times)).toEqual(
    new Map(),
  );
});

test("the Store adds little to a backend that does nothing", options, async () => {
  expect(await findLosses(measureStoreCalls, coreLimits, times)).toEqual(new Map());
});

test("a listing of 20,000 items is not much slower than find", options, async () => {
  expect(await findLosses(() => measureLists(20_000, workspace), listLimits, times)).toEqual(new Map());
});

/** The Store over local files with something else before each call. */
function slowedBy(before: () => Promise<unknown>): Subject {
  return asyncSubject("slowed", async (directory) => {
    const store = await openPosixfsStore(directory);
    return {
      store: async (key, value) => {
        await before();
        await store.store(`data/${key}`, value);
      },
      load: async (key) => {
        await before();
        return await store.load(`data/${key}`);
      },
      info: async (key) => {
        await before();
        return await store.info(`data/${key}`);
      },
      delete: async (key) => {
        await before();
        await store.delete(`data/${key}`);
      },
      close: () => store.close(),
    };
  });
}

async function turnManyTimes(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await nextTurn();
}

test(
  "what is really slower, because it turns the event loop before each call, is found",
  options,
  async () => {
    const losses = await findLosses(
      () => measureFileCalls(slowedBy(turnManyTimes), workspace, 60),
      fileLimits,
      1,
    );
    // Making directories takes so long that not even this is much beside it.
    expect([...losses.keys()]).toEqual(expect.arrayContaining(["store", "load", "info", "delete"]));
    for (const loss of losses.values()) expect(loss).toContain("the processor time of its bound");
  },
);
