import { describe, expect, test } from "vitest";
import { bestByHand, boundOf, fasterRaw, planFor } from "../../src/posixfs-bench/calls-bench.ts";
import type { Figure } from "../../src/report/report.ts";

const unlimited = { concurrencies: undefined, count: undefined };

describe("the plan of calls", () => {
  test("small values have many calls in slices long enough, with all numbers of callers that bars name", () => {
    const plan = planFor(1024, unlimited);
    expect(plan).toMatchObject({ concurrencies: [1, 16, 64], count: 4000, slices: 4 });
    expect(planFor(1024, { ...unlimited, count: 8000 }).slices).toBe(8);
  });

  test.each([64 * 1024, 4 * 2 ** 20])("of %i bytes a slice keeps all callers at work", (size) => {
    const { concurrencies, count, slices } = planFor(size, unlimited);
    expect(concurrencies).toEqual([1, 16]);
    expect(count / slices).toBeGreaterThanOrEqual(32);
    expect(count * size).toBeLessThanOrEqual(128 * 2 ** 20);
  });

  test("the command line decides", () => {
    expect(planFor(64 * 1024, { concurrencies: [4], count: 10 })).toMatchObject({
      concurrencies: [4],
      count: 10,
    });
  });
});

const figure = (subject: string, callers: number, ...rounds: number[]): Figure => {
  return { bench: "posixfs", what: "load 4MiB", unit: "us", subject, callers, rounds };
};

describe("the bound of large values", () => {
  const figures = [
    figure("raw-sync", 1, 20, 21, 22),
    figure("raw-pool", 1, 30, 31, 10),
    figure("raw-pool", 16, 9, 10, 30),
    figure("Store", 16, 40, 40, 40),
    { ...figure("raw-sync", 1, 1), what: "store 4MiB" },
  ];

  test("is the faster one by its median, of the thread pool only with as many callers", () => {
    expect(boundOf(figure("Store", 1), figures)).toEqual(figures[0]);
    expect(boundOf(figure("Store", 16), figures)).toEqual(figures[2]);
    expect(boundOf(figure("Store", 64), figures)).toEqual(figures[0]);
  });

  test("is a figure of its own for each number of callers, which bars can name", () => {
    expect(bestByHand(figures)).toEqual([figure(fasterRaw, 1, 20, 21, 22), figure(fasterRaw, 16, 9, 10, 30)]);
  });
});
