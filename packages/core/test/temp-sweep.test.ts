import { describe, expect, test } from "vitest";
import { TempNames, TempSweep } from "../src/index.ts";

const hour = 60 * 60 * 1000;
const names = new TempNames("own0token0");
const foreign = "tmpabcdefgh_1.tmp";

function sweepOf(): { sweep: TempSweep; removed: string[]; remove: (name: string) => () => Promise<void> } {
  const removed: string[] = [];
  return {
    sweep: new TempSweep(names, hour),
    removed,
    remove: (name) => async () => {
      await Promise.resolve();
      removed.push(name);
    },
  };
}

describe("a sweep", () => {
  test("removes temporary files of others that are old enough", async () => {
    const { sweep, removed, remove } = sweepOf();
    sweep.saw(foreign, Date.now() - hour - 1000, remove("old"));
    await sweep.stop();
    expect(removed).toEqual(["old"]);
  });

  test.each([
    ["a fresh one", foreign, Date.now() - hour / 2],
    ["one of unknown age", foreign, undefined],
    ["one of this process", names.next(), 0],
    ["an object", "abc", 0],
    ["a hidden file", "quota.hid", 0],
  ])("leaves %s", async (_what, name, modifiedAtMs) => {
    const { sweep, removed, remove } = sweepOf();
    sweep.saw(name, modifiedAtMs, remove("it"));
    await sweep.stop();
    expect(removed).toEqual([]);
  });

  test("removes a few at a time, and the rest another time", async () => {
    const { sweep, removed, remove } = sweepOf();
    for (let at = 0; at < 10; at++) sweep.saw(foreign, 0, remove(String(at)));
    await sweep.stop();
    expect(removed).toEqual(["0", "1", "2", "3"]);
    sweep.saw(foreign, 0, remove("again"));
    await sweep.stop();
    expect(removed.at(-1)).toBe("again");
  });

  test("drops what a removal fails with", async () => {
    const { sweep } = sweepOf();
    sweep.saw(foreign, 0, () => Promise.reject(new Error("no")));
    await expect(sweep.stop()).resolves.toBeUndefined();
  });

  test("is not waited for for ever", async () => {
    const { sweep } = sweepOf();
    sweep.saw(foreign, 0, () => new Promise(() => {}));
    await expect(sweep.stop()).resolves.toBeUndefined();
  });
});
