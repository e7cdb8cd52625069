import { differencesByRound, median, ratiosByRound, summarize, type Summary } from "../measure/statistics.ts";
import { formatNumber, renderTable, type Column } from "./table.ts";

/** What figures are measured in. */
export type Unit = "us" | "ms" | "calls" | "MiB" | "KiB" | "files" | "packages";

/** What one subject came to in one kind of call. */
export interface Figure {
  readonly bench: string;
  /** What was measured, e.g. `store 1KiB`. */
  readonly what: string;
  readonly subject: string;
  readonly callers: number;
  readonly unit: Unit;
  /** One value of elapsed time (or another kind) per round. */
  readonly rounds: readonly number[];
  /** Processor time in the same unit per round, where it is known: other work on the machine touches it little. */
  readonly cpuRounds?: readonly number[];
}

/** A figure beside the one that is its bound. */
export interface ReportedFigure extends Figure, Summary {
  /** Ratio to the bound, taken round by round; absent for what has no bound. */
  readonly ratio?: Summary;
  /** Ratio of the processor times, where both are known. */
  readonly cpuRatio?: Summary;
  /** What it takes above the bound, round by round, in the figure's unit; instead of a ratio. */
  readonly added?: Summary;
}

/** The columns of a table of figures. */
export const figureColumns: readonly Column[] = [
  { title: "what", align: "left" },
  { title: "subject", align: "left" },
  { title: "callers", align: "right" },
  { title: "ratio or more", align: "right" },
  { title: "min–max", align: "right" },
  { title: "median", align: "right" },
  { title: "min–max", align: "right" },
  { title: "unit", align: "left" },
  { title: "CPU ratio", align: "right" },
  { title: "CPU", align: "right" },
];

/**
 * Puts a ratio to its bound beside each figure.
 *
 * @param boundOf the figure that is the bound of another one, or `undefined` when it has none.
 */
export function relate(
  figures: readonly Figure[],
  boundOf: (figure: Figure) => Figure | undefined,
): ReportedFigure[] {
  return figures.map((figure) => {
    const bound = boundOf(figure);
    const summary = summarize(figure.rounds);
    if (bound === undefined) return { ...figure, ...summary };
    const cpuRatio =
      figure.cpuRounds === undefined || bound.cpuRounds === undefined
        ? {}
        : { cpuRatio: ratiosByRound(figure.cpuRounds, bound.cpuRounds) };
    return { ...figure, ...summary, ratio: ratiosByRound(figure.rounds, bound.rounds), ...cpuRatio };
  });
}

/** Like {@link relate}, where what is added says more than a ratio. */
export function relateByDifference(
  figures: readonly Figure[],
  boundOf: (figure: Figure) => Figure | undefined,
): ReportedFigure[] {
  return figures.map((figure) => {
    const bound = boundOf(figure);
    const summary = summarize(figure.rounds);
    if (bound === undefined) return { ...figure, ...summary };
    return { ...figure, ...summary, added: differencesByRound(figure.rounds, bound.rounds) };
  });
}

/** Draws figures as a table: ratios first, medians and ranges behind them. */
export function renderFigures(figures: readonly ReportedFigure[]): string {
  return renderTable(figureColumns, figures.map(figureCells));
}

/** What a row of {@link figureColumns} says of a figure. */
export function figureCells(figure: ReportedFigure): string[] {
  return [
    figure.what,
    figure.subject,
    String(figure.callers),
    ...describeRelation(figure),
    formatNumber(figure.median),
    `${formatNumber(figure.min)}–${formatNumber(figure.max)}`,
    unitName(figure.unit),
    figure.cpuRatio === undefined ? "" : `${figure.cpuRatio.median.toFixed(2)}x`,
    figure.cpuRounds === undefined ? "" : formatNumber(median(figure.cpuRounds)),
  ];
}

function describeRelation({ ratio, added }: ReportedFigure): [median: string, range: string] {
  if (ratio !== undefined) {
    return [`${ratio.median.toFixed(2)}x`, `${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`];
  }
  if (added === undefined) return ["", ""];
  return [formatAdded(added.median), `${formatAdded(added.min)}–${formatAdded(added.max)}`];
}

/** The unit as people write it. */
export function unitName(unit: Unit): string {
  return unit === "us" ? "µs" : unit;
}

function formatAdded(value: number): string {
  return `${value < 0 ? "" : "+"}${formatNumber(value)}`;
}
