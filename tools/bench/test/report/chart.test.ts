import { expect, test } from "vitest";
import { chartsOf, mostTelling } from "../../src/report/chart-data.ts";
import { chartStyle, drawChart } from "../../src/report/chart.ts";
import { relate, type Figure, type ReportedFigure } from "../../src/report/report.ts";

const bound: Figure = {
  bench: "posixfs",
  what: "load 1KiB",
  subject: "raw-sync",
  callers: 1,
  unit: "us",
  rounds: [10, 10],
};
const figureOf = (subject: string, rounds: readonly number[]): Figure => ({ ...bound, subject, rounds });
const subjects = ["Store", "Backend", "python 0.7.0", "peer <x>"];

function section(heading: string, times: number): { heading: string; figures: ReportedFigure[] } {
  const others = subjects.map((subject) => figureOf(subject, [10 * times, 12 * times]));
  return { heading, figures: relate([bound, ...others], () => bound) };
}

test("a chart has a group for each call and number of callers, and a bar for each subject", () => {
  const { heading, figures } = section("Calls", 2);
  const many = figures.map((figure) => ({ ...figure, callers: 16 }));
  const [chart, ...more] = chartsOf({ heading, figures: [...figures, ...many] });
  expect(more).toEqual([]);
  expect(chart).toMatchObject({ title: "Calls", boundAt: 1 });
  expect(chart?.groups.map(({ title }) => title)).toEqual(["load 1KiB, 1 caller", "load 1KiB, 16 callers"]);
  expect(chart?.groups[0]?.bars.map(({ subject, kind, label }) => [subject, kind, label])).toEqual([
    ["raw-sync", "bound", "1.00x"],
    ["Store", "store", "2.20x"],
    ["Backend", "ours", "2.20x"],
    ["python 0.7.0", "reference", "2.20x"],
    ["peer <x>", "other", "2.20x"],
  ]);
});

test("without ratios there is a chart of the values for each unit, and nothing that is no number", () => {
  const figures = relate(
    [
      bound,
      { ...bound, subject: "Store", unit: "MiB", rounds: [3] },
      { ...bound, subject: "broken", rounds: [Number.NaN] },
    ],
    () => undefined,
  );
  const charts = chartsOf({ heading: "Values", figures });
  expect(charts.map(({ axis, groups }) => [axis, groups[0]?.bars.map(({ subject }) => subject)])).toEqual([
    ["µs", ["raw-sync"]],
    ["MiB", ["Store"]],
  ]);
});

test("the section with the most ratios says most, and our parts are left out of it", () => {
  const values = {
    heading: "Values",
    figures: relate(
      ["a", "b", "c", "d", "e", "f"].map((subject) => figureOf(subject, [1])),
      () => undefined,
    ),
  };
  const small = { heading: "Small", figures: section("", 1).figures.slice(0, 2) };
  const best = mostTelling([values, small, section("Calls", 1), section("Later", 1)]);
  expect(best?.heading).toBe("Calls");
  expect(best?.figures.map(({ subject }) => subject)).not.toContain("Backend");
  expect(mostTelling([])).toBeUndefined();
});

/** The widths of the bars of a kind, without the one of the legend. */
function widthsOf(svg: string, kind: string): number[] {
  const found = svg.matchAll(new RegExp(`<rect class="${kind}" [^>]*width="([\\d.]+)" height="11"`, "g"));
  return [...found].map(([, width]) => Number(width));
}

test("bars are as long as their values, and the bound has a line", () => {
  const [data] = chartsOf(section("Calls", 2));
  if (data === undefined) throw new Error("no chart");
  const svg = drawChart(data);
  const [store = 0] = widthsOf(svg, "store");
  const [ofBound = 0] = widthsOf(svg, "bound");
  expect(store / ofBound).toBeCloseTo(2.2, 2);
  expect(svg.match(/class="limit"/g)).toHaveLength(1);
  expect(svg.match(/class="whisker"/g)).toHaveLength(5);
  expect(svg).not.toContain("logarithmic");
});

test("a wide spread has a logarithmic axis, on which bars begin at the bound", () => {
  const [data] = chartsOf(section("Calls", 100));
  if (data === undefined) throw new Error("no chart");
  const svg = drawChart(data);
  expect(svg).toContain("logarithmic");
  // The least width that can be seen.
  expect(widthsOf(svg, "bound")).toEqual([2]);
  expect(widthsOf(svg, "store")[0]).toBeGreaterThan(100);
});

test("a file of its own has its colours for light and dark, no scripts, and nothing from elsewhere", () => {
  const [data] = chartsOf(section("Calls & more", 2));
  if (data === undefined) throw new Error("no chart");
  const svg = drawChart(data, chartStyle);
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(svg).not.toMatch(/<script|href|url\(|@import/);
  expect(svg).toContain("Calls &amp; more");
  expect(svg).toContain("peer &lt;x&gt;");
  expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toContain("http");
});
