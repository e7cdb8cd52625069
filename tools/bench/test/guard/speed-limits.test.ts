import { expect, test } from "vitest";
import { findLosses, findSlowness, type Pair } from "../../src/guard/speed-limits.ts";

const bound = { us: [10, 10, 10], cpuUs: [10, 10, 10] };
const alike = (us: number[]): { us: number[]; cpuUs: number[] } => ({ us, cpuUs: us });

test("one round that is fast enough is enough", () => {
  expect(findSlowness({ taken: alike([90, 20, 90]), bound: bound }, { ratio: 2 })).toBeUndefined();
});

test("too slow in every round is too slow, by the best of them", () => {
  expect(findSlowness({ taken: alike([90, 21, 90]), bound: bound }, { ratio: 2 })).toBe(
    "2.10 times the processor time of its bound, 11.0 µs more; allowed: 2 times",
  );
});

test("a round counts together with its bound's, not with another one's", () => {
  const uneven = { us: [10, 40, 10], cpuUs: [10, 40, 10] };
  expect(findSlowness({ taken: alike([30, 120, 30]), bound: uneven }, { ratio: 2 })).toContain("3.00 times");
});

test("so many µs more are allowed in place of the ratio", () => {
  expect(
    findSlowness({ taken: alike([15, 15, 15]), bound: bound }, { ratio: 1.2, addedUs: 5 }),
  ).toBeUndefined();
  expect(findSlowness({ taken: alike([16, 16, 16]), bound: bound }, { ratio: 1.2, addedUs: 5 })).toContain(
    "allowed: 1.2 times or 5 µs more",
  );
});

test("waiting takes no processor time, and is found by the elapsed time", () => {
  const waiting = { us: [100, 100, 100], cpuUs: [10, 10, 10] };
  expect(findSlowness({ taken: waiting, bound: bound }, { ratio: 2 })).toBeUndefined();
  expect(findSlowness({ taken: waiting, bound: bound }, { ratio: 2, elapsedRatio: 5 })).toBe(
    "10.0 times the elapsed time of its bound; allowed: 5 times",
  );
});

test("nothing measured is an error, and not fast", () => {
  expect(() => findSlowness({ taken: alike([]), bound: alike([]) }, { ratio: 2 })).toThrow(RangeError);
  const unknown = alike([Number.NaN]);
  expect(findSlowness({ taken: unknown, bound: alike([10]) }, { ratio: 2, elapsedRatio: 2 })).toContain(
    "NaN",
  );
});

test("without a limit nothing is allowed", () => {
  expect(findSlowness({ taken: alike([1, 1, 1]), bound: bound }, {})).toContain("allowed");
});

test("what was too slow is measured again, and is a loss when it is so each time", async () => {
  const fast: Pair = { taken: alike([10, 10, 10]), bound };
  const slow: Pair = { taken: alike([30, 30, 30]), bound };
  const results = [
    { early: slow, always: slow, never: fast },
    { early: fast, always: slow, never: slow },
    { early: slow, always: slow, never: slow },
  ];
  let measured = 0;
  const measure = async (): Promise<Map<string, Pair>> => new Map(Object.entries(results[measured++] ?? {}));
  const limits = new Map(["early", "always", "never"].map((key) => [key, { ratio: 2 }]));
  const losses = await findLosses(measure, limits, 3);
  expect([...losses.keys()]).toEqual(["always"]);
  expect(losses.get("always")).toContain("3.00 times");
  expect(measured).toBe(3);
});

test("nothing is measured again when nothing was too slow, and what was not measured is an error", async () => {
  let measured = 0;
  const measure = async (): Promise<Map<string, Pair>> => {
    measured++;
    return new Map([["fast", { taken: alike([10, 10, 10]), bound }]]);
  };
  expect(await findLosses(measure, new Map([["fast", { ratio: 2 }]]), 3)).toEqual(new Map());
  expect(measured).toBe(1);
  await expect(findLosses(measure, new Map([["other", { ratio: 2 }]]), 3)).rejects.toThrow(
    "other was not measured",
  );
});
