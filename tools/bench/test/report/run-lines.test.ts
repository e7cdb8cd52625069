import { expect, test } from "vitest";
import { checkBars, type Bar } from "../../src/bars.ts";
import { describeMachine } from "../../src/measure/machine.ts";
import { relate, type Figure } from "../../src/report/report.ts";
import { barLine, combineRuns, parseLines, writeLines, type RunLine } from "../../src/report/run-lines.ts";

const machine: RunLine = { kind: "machine", ...describeMachine(), date: "2026-11-26" };
const raw: Figure = {
  bench: "core",
  what: "load",
  subject: "raw",
  callers: 1,
  unit: "us",
  rounds: [10, 20],
};
const ours: Figure = { ...raw, subject: "Store", rounds: [12, 22] };

function figureLines(...figures: Figure[]): RunLine[] {
  return relate(figures, () => figures[0]).map((figure) => {
    return Object.assign({ kind: "figure", heading: "Calls" } as const, figure);
  });
}

test("lines are read as they were written, values that are no numbers too", () => {
  const lines: RunLine[] = [
    machine,
    { kind: "note", bench: "core", text: "a note" },
    ...figureLines(raw, { ...ours, rounds: [Number.NaN, 1] }),
  ];
  expect(parseLines(writeLines(lines))).toEqual(lines);
});

test.each([
  ["{", "line 2 is not JSON"],
  ["7", "line 2 is not of a run"],
  ['{"kind":"figure"}', "line 2 is not of a run"],
  ['{"kind":"song","text":"la"}', "line 2 is not of a run"],
])("a line %j is refused", (line, message) => {
  expect(() => parseLines(`${writeLines([machine])}${line}\n`)).toThrow(new TypeError(message));
});

const bar: Bar = {
  bench: "core",
  kind: "ratio",
  what: "load",
  subject: "Store",
  callers: 1,
  bound: raw,
  limit: 1.1,
};

test("a bar is what it was, with its unit and its bound", () => {
  const [result] = checkBars([bar], [raw, ours]);
  if (result === undefined) throw new Error("no result");
  const [bench] = combineRuns([parseLines(writeLines([machine, barLine(result)]))]).benches;
  expect(bench?.bars).toEqual([result]);
});

test("a later run replaces what it measured again, and nothing else", () => {
  const [met] = checkBars([bar], [raw, { ...ours, rounds: [10, 20] }]);
  const [missed] = checkBars([bar], [raw, ours]);
  const [missing] = checkBars([bar], []);
  if (met === undefined || missed === undefined || missing === undefined) throw new Error("no result");
  const first: RunLine[] = [machine, ...figureLines(raw, ours), barLine(missed)];
  const second: RunLine[] = [
    { ...machine, date: "2026-11-27" },
    ...figureLines({ ...raw, rounds: [1, 2] }),
    { kind: "note", text: "for all" },
    { kind: "note", bench: "sftp", text: "not here" },
    barLine(met),
  ];
  const third: RunLine[] = [machine, barLine(missing)];
  const { benches } = combineRuns([first, second, third]);
  expect(benches).toHaveLength(1);
  expect(benches[0]).toMatchObject({ dates: ["2026-11-26", "2026-11-27"], notes: ["for all"] });
  const rounds = benches[0]?.sections.flatMap(({ figures }) =>
    figures.map((figure) => [figure.subject, ...figure.rounds]),
  );
  expect(rounds).toEqual([
    ["raw", 1, 2],
    ["Store", 12, 22],
  ]);
  expect(benches[0]?.bars.map(({ outcome }) => outcome)).toEqual(["met"]);
});

test("runs of two machines are not put together", () => {
  expect(() => combineRuns([[machine], [{ ...machine, node: "v1.0.0" }]])).toThrow("different machines");
  expect(() => combineRuns([[...figureLines(raw)]])).toThrow("on which machine");
});
