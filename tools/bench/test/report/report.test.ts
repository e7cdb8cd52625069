import { expect, test } from "vitest";
import { checkBars, type Bar, type BarResult } from "../../src/bars.ts";
import { missedFirst, renderBars } from "../../src/report/bar-table.ts";
import { againstPeers } from "../../src/peers/peer-bars.ts";
import { relate, relateByDifference, renderFigures, type Figure } from "../../src/report/report.ts";

const raw: Figure = {
  bench: "posixfs",
  what: "load 1KiB",
  subject: "raw-sync",
  callers: 1,
  unit: "us",
  rounds: [10, 20, 10],
  cpuRounds: [10, 10, 10],
};
const ours: Figure = { ...raw, subject: "Store", rounds: [12, 26, 13], cpuRounds: [11, 12, 11] };
const boundOf = (figure: Figure): Figure | undefined => (figure === raw ? undefined : raw);

test("figures show the ratio to their bound first, then median and range", () => {
  const lines = renderFigures(relate([raw, ours], boundOf)).split("\n");
  expect(lines[2]?.split("|").map((cell) => cell.trim())).toEqual([
    "",
    "load 1KiB",
    "raw-sync",
    "1",
    "",
    "",
    "10.0",
    "10.0–20.0",
    "µs",
    "",
    "10.0",
    "",
  ]);
  expect(lines[3]?.split("|").map((cell) => cell.trim())).toEqual([
    "",
    "load 1KiB",
    "Store",
    "1",
    "1.30x",
    "1.20–1.30",
    "13.0",
    "12.0–26.0",
    "µs",
    "1.10x",
    "11.0",
    "",
  ]);
});

test("figures can show what is added instead", () => {
  const [line] = renderFigures(relateByDifference([ours], boundOf))
    .split("\n")
    .slice(2);
  expect(line).toMatch(/ \+3\.00 \| \+2\.00–\+6\.00 /);
});

test("bars show limit, value and outcome, and what was not measured", () => {
  const bar: Bar = {
    bench: "posixfs",
    kind: "ratio",
    what: "load 1KiB",
    subject: "Store",
    callers: 1,
    bound: raw,
    limit: 1.25,
    orAddedUs: 3,
  };
  const other: Bar = { ...bar, subject: "nobody" };
  const [, , first, second] = renderBars(checkBars([bar, other], [raw, ours])).split("\n");
  expect(first).toMatch(
    /load 1KiB, Store .* raw-sync .* ≤ 1\.25x or \+3 µs .* 1\.30x .* 1\.20x–1\.30x .* 1\.10x \| met /,
  );
  expect(second).toMatch(/load 1KiB, nobody .* not measured/);
});

test("limits and values of bars have the unit that was measured, and no unit when nothing was", () => {
  const memory: Figure = { ...raw, what: "peak memory", unit: "MiB", rounds: [99.4] };
  const bar: Bar = {
    bench: "posixfs",
    kind: "absolute",
    what: "peak memory",
    subject: "raw-sync",
    callers: 1,
    limit: 150,
  };
  const lines = renderBars([
    ...checkBars([bar, { ...bar, what: "other memory" }], [memory]),
    ...checkBars([{ ...bar, kind: "exact", limit: 4 }], [{ ...memory, unit: "calls", rounds: [4] }]),
    ...checkBars([{ ...bar, kind: "added", bound: memory, limit: 3 }], [memory]),
  ]).split("\n");
  expect(lines[2]).toMatch(/ ≤ 150 MiB \| +99\.4 MiB \| 99\.4 MiB–99\.4 MiB /);
  expect(lines[3]).toMatch(/ ≤ 150 \| .* not measured /);
  expect(lines[4]).toMatch(/ = 4 calls \| +4 calls /);
  expect(lines[5]).toMatch(/ ≤ \+3 MiB \| +\+0 MiB /);
});

test("of several bounds the table names the one that it was", () => {
  const peers = againstPeers("posixfs", "load 1KiB", 1, ["slow", "raw-sync"]);
  const [, , measured] = renderBars(checkBars([peers], [raw, ours])).split("\n");
  expect(measured).toMatch(/load 1KiB, Store .* raw-sync .* ≤ 1\.00x .* missed/);
  const [, , missing] = renderBars(checkBars([peers], [ours])).split("\n");
  expect(missing).toMatch(/ the fastest peer .* not measured/);
});

test("missed bars come first, those that were not measured last", () => {
  const bar: Bar = { bench: "b", kind: "absolute", what: "w", subject: "s", callers: 1, limit: 1 };
  const results: BarResult[] = (["missing", "met", "missed", "met"] as const).map((outcome) => ({
    bar,
    outcome,
  }));
  expect(missedFirst(results).map(({ outcome }) => outcome)).toEqual(["missed", "met", "met", "missing"]);
});
