import { differencesByRound, median, ratiosByRound, summarize, type Summary } from "./measure/statistics.ts";
import type { Figure, Unit } from "./report/report.ts";
import { coreBars } from "./core-bench/core-bars.ts";
import { posixfsBars } from "./posixfs-bench/posixfs-bars.ts";
import { rcloneBars } from "./rclone-bench/rclone-bars.ts";
import { s3Bars } from "./s3-bench/s3-bars.ts";
import { sftpBars } from "./sftp-bench/sftp-bars.ts";

/** Names a figure of a bench. */
interface FigureName {
  readonly what: string;
  readonly subject: string;
  readonly callers: number;
}

/** A promise about speed that a run can check. */
export interface Bar extends FigureName {
  readonly bench: string;
  /** Another subject that may meet it as well: the better of both counts. */
  readonly orSubject?: string;
  /**
   * - `ratio`: at most `limit` times the bound, or at most `orAddedUs` µs above it
   * - `added`: at most `limit` above the bound, in the figure's unit
   * - `absolute`: at most `limit`, in the figure's unit
   * - `exact`: `limit` and nothing else
   */
  readonly kind: "ratio" | "added" | "absolute" | "exact";
  readonly bound?: FigureName;
  /** Another subject, or several, that may be the bound as well: the fastest by its median counts. */
  readonly orBound?: string | readonly string[];
  /**
   * Which bounds a run must have measured: all of them, or any, as for peers, of which not each can take part
   * everywhere. Default: `all`.
   */
  readonly bounds?: "all" | "any";
  readonly limit: number;
  readonly orAddedUs?: number;
}

/** What a run says about a bar. */
export interface BarResult {
  readonly bar: Bar;
  /** `missing`: the run did not measure it. */
  readonly outcome: "met" | "missed" | "missing";
  /** Which subject the value is of. */
  readonly subject?: string;
  /** Which subject was the bound. */
  readonly boundSubject?: string;
  /** What the figure was measured in. */
  readonly unit?: Unit;
  /** The value that was held against the limit, over the rounds. */
  readonly value?: Summary;
  /** The same by processor time, for a ratio where it is known: not what is promised, but steadier. */
  readonly cpuValue?: Summary;
}

/** All bars. */
export const bars: readonly Bar[] = [...posixfsBars, ...coreBars, ...sftpBars, ...s3Bars, ...rcloneBars];

/** Holds the figures of a run against bars. */
export function checkBars(checked: readonly Bar[], figures: readonly Figure[]): BarResult[] {
  return checked.map((bar) => {
    const bound = findBound(bar, figures);
    if (bar.bound !== undefined && bound === undefined) return { bar, outcome: "missing" };
    const subjects = bar.orSubject === undefined ? [bar.subject] : [bar.subject, bar.orSubject];
    const results = subjects.flatMap((subject) => {
      const figure = findFigure(bar.bench, { ...bar, subject }, figures);
      return figure === undefined ? [] : [checkFigure(bar, figure, bound)];
    });
    const [best] = results.toSorted((a, b) => a.value.median - b.value.median);
    return best ?? { bar, outcome: "missing" };
  });
}

function checkFigure(
  bar: Bar,
  figure: Figure,
  bound: Figure | undefined,
): BarResult & { readonly value: Summary } {
  const bounds = bound?.rounds ?? [];
  const value = valueFor(bar, figure.rounds, bounds);
  const outcome = isWithin(bar, value, figure.rounds, bounds) ? "met" : "missed";
  const names = { subject: figure.subject, ...(bound && { boundSubject: bound.subject }) };
  const result = { bar, outcome, ...names, unit: figure.unit, value } as const;
  if (bar.kind !== "ratio" || figure.cpuRounds === undefined || bound?.cpuRounds === undefined) return result;
  return { ...result, cpuValue: ratiosByRound(figure.cpuRounds, bound.cpuRounds) };
}

function valueFor(bar: Bar, rounds: readonly number[], bounds: readonly number[]): Summary {
  if (bar.kind === "ratio") return ratiosByRound(rounds, bounds);
  return bar.kind === "added" ? differencesByRound(rounds, bounds) : summarize(rounds);
}

function isWithin(bar: Bar, value: Summary, rounds: readonly number[], bounds: readonly number[]): boolean {
  if (bar.kind === "exact") return value.min === bar.limit && value.max === bar.limit;
  if (value.median <= bar.limit) return true;
  return bar.orAddedUs !== undefined && differencesByRound(rounds, bounds).median <= bar.orAddedUs;
}

/** Of several bounds the fastest one: a bar must not be easier because a bound is a bad one. */
function findBound(bar: Bar, figures: readonly Figure[]): Figure | undefined {
  const names = boundsOf(bar);
  const found = names.flatMap((name) => {
    const figure = findFigure(bar.bench, name, figures);
    // A time that is a difference of two may come out as nothing or less, which nothing can be a ratio to.
    return figure === undefined || (bar.kind === "ratio" && Math.min(...figure.rounds) <= 0) ? [] : [figure];
  });
  if (bar.bounds !== "any" && found.length < names.length) return undefined;
  const [fastest] = found.toSorted((a, b) => median(a.rounds) - median(b.rounds));
  return fastest;
}

/** All that may be the bound. */
export function boundsOf({ bound, orBound = [] }: Bar): readonly FigureName[] {
  if (bound === undefined) return [];
  const { what, callers } = bound;
  const others = typeof orBound === "string" ? [orBound] : orBound;
  return [bound, ...others.map((subject) => ({ what, subject, callers }))];
}

function findFigure(bench: string, name: FigureName, figures: readonly Figure[]): Figure | undefined {
  return figures.find(
    (figure) =>
      figure.bench === bench &&
      figure.what === name.what &&
      figure.subject === name.subject &&
      figure.callers === name.callers,
  );
}
