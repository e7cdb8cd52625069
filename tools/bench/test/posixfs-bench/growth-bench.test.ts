import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { Workspace } from "../../src/measure/workspace.ts";
import {
  measureFileGrowth,
  storeWithoutKernel,
  withoutKernel,
} from "../../src/posixfs-bench/growth-bench.ts";
import type { Figure } from "../../src/report/report.ts";

const figure = (times: number, subject: string, rounds: number[], cpuRounds: number[]): Figure => {
  const name = { bench: "posixfs", what: `load, ${times}x items`, callers: 1 };
  return { ...name, subject, unit: "us", rounds, cpuRounds };
};

test("what the kernel takes more in a larger tree is taken out of ours, round by round", () => {
  const figures = [
    figure(1, "raw-sync", [10, 20], [10, 10]),
    figure(1, "Store", [15, 30], [15, 15]),
    figure(100, "raw-sync", [20, 20], [40, 10]),
    figure(100, "Store", [40, 33], [80, 15]),
  ];
  expect(withoutKernel(figures, [10, 1000])).toEqual([figure(100, storeWithoutKernel, [20, 33], [20, 15])]);
});

test("the tree grows to each size, and both sides find their items in it", async () => {
  using workspace = new Workspace(tmpdir());
  const figures = await measureFileGrowth([12, 120], 1, workspace);
  const measured = new Set(figures.map(({ what, subject }) => `${what}, ${subject}`));
  for (const call of ["store", "load", "info", "delete", "an item of list"]) {
    for (const times of [1, 10]) {
      expect(measured).toContain(`${call}, ${times}x items, raw-sync`);
      expect(measured).toContain(`${call}, ${times}x items, Store`);
    }
  }
  expect(measured).toContain(`store, 10x items, ${storeWithoutKernel}`);
});
