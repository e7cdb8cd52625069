import type { Bar, BarResult } from "../bars.ts";
import { formatNumber, renderTable, type Column } from "./table.ts";

const columns: readonly Column[] = [
  { title: "bar", align: "left" },
  { title: "callers", align: "right" },
  { title: "against", align: "left" },
  { title: "limit", align: "right" },
  { title: "measured", align: "right" },
  { title: "min–max", align: "right" },
  { title: "by CPU", align: "right" },
  { title: "outcome", align: "left" },
];

/** Draws what became of the bars. */
export function renderBars(results: readonly BarResult[]): string {
  const rows = results.map(({ bar, subject = bar.subject, outcome, value, cpuValue }) => [
    `${bar.what}, ${subject}`,
    String(bar.callers),
    describeBound(bar),
    describeLimit(bar),
    value === undefined ? "" : format(bar, value.median),
    value === undefined ? "" : `${format(bar, value.min)}–${format(bar, value.max)}`,
    cpuValue === undefined ? "" : format(bar, cpuValue.median),
    outcome === "missing" ? "not measured" : outcome,
  ]);
  return renderTable(columns, rows);
}

function describeBound(bar: Bar): string {
  if (bar.bound === undefined) return "";
  if (bar.bound.subject !== bar.subject) return bar.bound.subject;
  return `${bar.bound.callers} ${bar.bound.callers === 1 ? "caller" : "callers"}`;
}

function describeLimit(bar: Bar): string {
  const limit = bar.kind === "exact" ? `= ${bar.limit}` : `≤ ${format(bar, bar.limit)}`;
  return bar.orAddedUs === undefined ? limit : `${limit} or +${bar.orAddedUs} µs`;
}

const formats: Readonly<Record<Bar["kind"], (value: number) => string>> = {
  ratio: (value) => `${value.toFixed(2)}x`,
  added: (value) => `+${formatNumber(value)} µs`,
  absolute: (value) => `${formatNumber(value)} ms`,
  exact: formatNumber,
};

function format(bar: Bar, value: number): string {
  return formats[bar.kind](value);
}
