import { boundsOf, type Bar, type BarResult } from "../bars.ts";
import { unitName, type Unit } from "./report.ts";
import { formatNumber, renderTable, type Column } from "./table.ts";

/** The columns of a table of bars. */
export const barColumns: readonly Column[] = [
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
  return renderTable(barColumns, results.map(barCells));
}

/** The same bars with those first that need somebody: missed, met, not measured. */
export function missedFirst(results: readonly BarResult[]): BarResult[] {
  return results.toSorted((a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome));
}

const outcomes: readonly BarResult["outcome"][] = ["missed", "met", "missing"];

/** What a row of {@link barColumns} says of a bar. */
export function barCells(result: BarResult): string[] {
  const { bar, subject = bar.subject, outcome, unit, value, cpuValue } = result;
  const draw = (number: number): string => format(bar, number, unit);
  return [
    `${bar.what}, ${subject}`,
    String(bar.callers),
    describeBound(result),
    describeLimit(bar, unit),
    value === undefined ? "" : draw(value.median),
    value === undefined ? "" : `${draw(value.min)}–${draw(value.max)}`,
    cpuValue === undefined ? "" : draw(cpuValue.median),
    outcome === "missing" ? "not measured" : outcome,
  ];
}

/** The subject that was the bound; all that may be it when there was none. */
function describeBound({ bar, boundSubject }: BarResult): string {
  const { bound } = bar;
  if (bound === undefined) return "";
  if (bound.what !== bar.what)
    return bound.subject === bar.subject ? bound.what : `${bound.subject}, ${bound.what}`;
  if (bound.subject === bar.subject) return `${bound.callers} ${bound.callers === 1 ? "caller" : "callers"}`;
  if (boundSubject !== undefined) return boundSubject;
  if (bar.bounds === "any") return "the fastest peer";
  return boundsOf(bar)
    .map(({ subject }) => subject)
    .join(" or ");
}

function describeLimit(bar: Bar, unit: Unit | undefined): string {
  const limit = `${bar.kind === "exact" ? "=" : "≤"} ${format(bar, bar.limit, unit)}`;
  return bar.orAddedUs === undefined ? limit : `${limit} or +${bar.orAddedUs} µs`;
}

function format(bar: Bar, value: number, unit: Unit | undefined): string {
  if (bar.kind === "ratio") return `${value.toFixed(2)}x`;
  // Whole numbers as they are: counts are exact, and limits have no digits that could count.
  const text = Number.isInteger(value) ? String(value) : formatNumber(value);
  const number = bar.kind === "added" && value >= 0 ? `+${text}` : text;
  return unit === undefined ? number : `${number} ${unitName(unit)}`;
}
