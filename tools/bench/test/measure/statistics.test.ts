import { array, assert as assertProperty, double, property } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  differencesByRound,
  median,
  percentile,
  ratiosByRound,
  summarize,
} from "../../src/measure/statistics.ts";

describe("median", () => {
  test("is the value in the middle, whatever the order", () => {
    expect(median([30, 1, 2])).toBe(2);
  });

  test("of an even number of values is the mean of the two in the middle", () => {
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });

  test("sorts by value and not by text", () => {
    expect(median([9, 10, 100])).toBe(10);
  });

  test("does not change the values handed in", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test("of nothing is an error", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("percentile", () => {
  test("interpolates between neighbours", () => {
    expect(percentile([0, 10], 99)).toBeCloseTo(9.9);
  });

  test("has the smallest value at 0 and the largest at 100", () => {
    expect([percentile([3, 1, 2], 0), percentile([3, 1, 2], 100)]).toEqual([1, 3]);
  });

  test("refuses what is no percentage", () => {
    expect(() => percentile([1], 101)).toThrow("101");
    expect(() => percentile([1], Number.NaN)).toThrow("NaN");
  });
});

test("the median lies between the smallest and the largest value, and half of the values on either side", () => {
  const values = array(double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), {
    minLength: 1,
  });
  assertProperty(
    property(values, (all) => {
      const { median: middle, min, max } = summarize(all);
      const below = all.filter((value) => value < middle).length;
      const above = all.filter((value) => value > middle).length;
      expect(min <= middle && middle <= max).toBe(true);
      expect(Math.max(below, above)).toBeLessThanOrEqual(all.length / 2);
    }),
  );
});

describe("comparing round by round", () => {
  test("takes the ratio in each round, so a slow round falls out", () => {
    // The second round was five times slower for both.
    expect(ratiosByRound([12, 60, 13], [10, 50, 10])).toEqual({ median: 1.2, min: 1.2, max: 1.3 });
  });

  test("takes the difference in each round", () => {
    expect(differencesByRound([12, 60, 13], [10, 50, 10])).toEqual({ median: 3, min: 2, max: 10 });
  });

  test("refuses different numbers of rounds", () => {
    expect(() => ratiosByRound([1, 2], [1])).toThrow("2 rounds");
  });
});
