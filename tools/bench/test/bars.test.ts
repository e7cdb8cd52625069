import { describe, expect, test } from "vitest";
import { bars, checkBars, type Bar } from "../src/bars.ts";
import type { Figure } from "../src/report/report.ts";

const ours = { what: "info 1KiB", subject: "Store", callers: 1 };
const raw = { what: "info 1KiB", subject: "raw-sync", callers: 1 };

const ratioBar: Bar = { bench: "posixfs", kind: "ratio", ...ours, bound: raw, limit: 1.5 };

const figure = (name: typeof ours, ...rounds: number[]): Figure => {
  return { bench: "posixfs", unit: "us", ...name, rounds };
};

const outcome = (bar: Bar, ...figures: Figure[]): string | undefined => checkBars([bar], figures)[0]?.outcome;

describe("a ratio bar", () => {
  test("is met up to its limit, inclusive, and missed above", () => {
    expect(outcome(ratioBar, figure(ours, 15), figure(raw, 10))).toBe("met");
    expect(outcome(ratioBar, figure(ours, 15.1), figure(raw, 10))).toBe("missed");
  });

  test("holds the median of the rounds' ratios, not the ratio of medians", () => {
    const [result] = checkBars([ratioBar], [figure(ours, 14, 80, 16), figure(raw, 10, 50, 10)]);
    expect(result?.value).toEqual({ median: 1.6, min: 1.4, max: 1.6 });
    expect(result?.outcome).toBe("missed");
  });

  test("is met too when only so many µs are added, where it says so", () => {
    const bar = { ...ratioBar, orAddedUs: 3 };
    expect(outcome(bar, figure(ours, 6), figure(raw, 3))).toBe("met");
    expect(outcome(bar, figure(ours, 6.1), figure(raw, 3))).toBe("missed");
  });

  test("is missing when either side was not measured", () => {
    expect(outcome(ratioBar, figure(ours, 1))).toBe("missing");
    expect(outcome(ratioBar, figure(raw, 1))).toBe("missing");
    expect(outcome(ratioBar, figure(ours, 1), { ...figure(raw, 1), bench: "core" })).toBe("missing");
  });
});

test("where two subjects may meet a bar, the better of those that were measured counts, and is named", () => {
  const bar: Bar = { ...ratioBar, orSubject: "other" };
  const other = { ...ours, subject: "other" };
  const [result] = checkBars([bar], [figure(ours, 20), figure(other, 14), figure(raw, 10)]);
  expect(result).toMatchObject({ outcome: "met", subject: "other", value: { median: 1.4 } });
  expect(outcome(bar, figure(ours, 12), figure(other, 20), figure(raw, 10))).toBe("met");
  expect(outcome(bar, figure(other, 20), figure(raw, 10))).toBe("missed");
  expect(outcome(bar, figure(raw, 10))).toBe("missing");
});

test("a bound that took no time is none", () => {
  expect(outcome(ratioBar, figure(ours, 15, 15), figure(raw, 10, -1))).toBe("missing");
  expect(outcome(ratioBar, figure(ours, 15, 15), figure(raw, 10, 0))).toBe("missing");
});

describe("a bar with several bounds", () => {
  const other = { ...raw, subject: "raw-pool" };
  const strict: Bar = { ...ratioBar, orBound: "raw-pool" };

  test("is held against the fastest one, which is named", () => {
    const [result] = checkBars([strict], [figure(ours, 14), figure(raw, 10), figure(other, 7)]);
    expect(result).toMatchObject({ outcome: "missed", boundSubject: "raw-pool", value: { median: 2 } });
    expect(outcome(strict, figure(ours, 14), figure(raw, 10), figure(other, 11))).toBe("met");
  });

  test("needs all of them, unless any is enough", () => {
    expect(outcome(strict, figure(ours, 14), figure(raw, 10))).toBe("missing");
    const peers: Bar = { ...ratioBar, orBound: ["raw-pool", "nobody"], bounds: "any" };
    expect(outcome(peers, figure(ours, 14), figure(raw, 10))).toBe("met");
    expect(outcome(peers, figure(ours, 14), figure(other, 9))).toBe("missed");
    expect(outcome(peers, figure(ours, 14))).toBe("missing");
  });
});

test("a result says what it was measured in", () => {
  const [result] = checkBars([ratioBar], [{ ...figure(ours, 14), unit: "ms" }, figure(raw, 10)]);
  expect(result?.unit).toBe("ms");
});

test("an added bar limits the difference", () => {
  const bar: Bar = { ...ratioBar, kind: "added", limit: 3 };
  expect(outcome(bar, figure(ours, 4), figure(raw, 1))).toBe("met");
  expect(outcome(bar, figure(ours, 4.1), figure(raw, 1))).toBe("missed");
});

test("an absolute bar limits the median itself", () => {
  const { bound: _, ...rest } = ratioBar;
  const bar: Bar = { ...rest, kind: "absolute", limit: 5 };
  expect(outcome(bar, figure(ours, 1, 5, 70))).toBe("met");
  expect(outcome(bar, figure(ours, 1, 6, 6))).toBe("missed");
});

test("an exact bar is missed by more and by less, in any round", () => {
  const { bound: _, ...rest } = ratioBar;
  const bar: Bar = { ...rest, kind: "exact", limit: 4 };
  expect(outcome(bar, figure(ours, 4, 4))).toBe("met");
  expect(outcome(bar, figure(ours, 4, 4.01))).toBe("missed");
  expect(outcome(bar, figure(ours, 3))).toBe("missed");
});

test("no two bars say the same, and each compares with something when its kind does", () => {
  const names = bars.map(
    ({ bench, what, subject, orSubject, callers, bound }) =>
      `${bench} ${what} ${subject} ${orSubject} ${callers} ${bound?.subject}`,
  );
  expect(new Set(names).size).toBe(names.length);
  for (const bar of bars) expect(bar.bound !== undefined).toBe(bar.kind === "ratio" || bar.kind === "added");
});
