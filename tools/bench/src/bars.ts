import { differencesByRound, ratiosByRound, summarize, type Summary } from "./measure/statistics.ts";
import type { Figure } from "./report/report.ts";
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
  /** The value that was held against the limit, over the rounds. */
  readonly value?: Summary;
  /** The same by processor time, for a ratio where it is known: not what is promised, but steadier. */
  readonly cpuValue?: Summary;
}

/**
 * How much slower 64 callers may be than one before it counts: between two measurements of one and the same
 * thing in one run there is up to a tenth.
 */
const noise = 1.1;

const oneCaller = (call: string, limit: number, orAddedUs?: number): Bar => ({
  bench: "posixfs",
  kind: "ratio",
  what: `${call} 1KiB`,
  subject: "Store",
  callers: 1,
  bound: { what: `${call} 1KiB`, subject: "raw-sync", callers: 1 },
  limit,
  ...(orAddedUs === undefined ? {} : { orAddedUs }),
});

const manyCallers = (call: string): Bar => ({
  bench: "posixfs",
  kind: "ratio",
  what: `${call} 1KiB`,
  subject: "Store",
  callers: 64,
  bound: { what: `${call} 1KiB`, subject: "Store", callers: 1 },
  limit: noise,
});

const systemCalls = (call: string, limit: number): Bar => ({
  bench: "posixfs",
  kind: "exact",
  what: `system calls of ${call}`,
  subject: "Store",
  callers: 1,
  limit,
});

const storeOverBackend = (call: string): Bar => ({
  bench: "core",
  kind: "added",
  what: call,
  subject: "Store",
  callers: 1,
  bound: { what: call, subject: "bare backend", callers: 1 },
  limit: 3,
});

/** All bars: of the Store, and for local files on a file system in memory, unless the name says otherwise. */
export const bars: readonly Bar[] = [
  oneCaller("store-new", 1.25),
  oneCaller("store", 1.25),
  oneCaller("load", 1.4),
  oneCaller("info", 1.5, 3),
  oneCaller("delete", 1.3),
  ...["store", "load", "info", "delete"].map(manyCallers),
  {
    bench: "posixfs",
    kind: "ratio",
    what: "list with sizes",
    subject: "Store",
    callers: 1,
    bound: { what: "list with sizes", subject: "find -printf %s", callers: 1 },
    limit: 1.25,
  },
  {
    bench: "posixfs",
    kind: "absolute",
    what: "p99 delay of the event loop, store 1KiB on disk",
    subject: "Store",
    callers: 64,
    limit: 5,
  },
  systemCalls("store 1KiB", 4),
  systemCalls("load 1KiB", 3),
  systemCalls("load 64KiB", 3),
  systemCalls("info 1KiB", 1),
  ...["store", "load", "info", "delete"].map(storeOverBackend),
  ...sftpBars,
  ...s3Bars,
  ...rcloneBars,
];

/** Holds the figures of a run against bars. */
export function checkBars(checked: readonly Bar[], figures: readonly Figure[]): BarResult[] {
  return checked.map((bar) => {
    const bound = bar.bound === undefined ? undefined : findFigure(bar.bench, bar.bound, figures);
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
  const result = { bar, outcome, subject: figure.subject, value } as const;
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

function findFigure(bench: string, name: FigureName, figures: readonly Figure[]): Figure | undefined {
  return figures.find(
    (figure) =>
      figure.bench === bench &&
      figure.what === name.what &&
      figure.subject === name.subject &&
      figure.callers === name.callers,
  );
}
