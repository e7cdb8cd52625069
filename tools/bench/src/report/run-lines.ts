import type { Bar, BarResult } from "../bars.ts";
import type { Machine } from "../measure/machine.ts";
import type { ReportedFigure } from "./report.ts";

/** What a run says, as its lines of JSON have it. */
export type RunLine =
  | ({ readonly kind: "machine" } & Machine)
  | { readonly kind: "note"; readonly bench?: string; readonly text: string }
  | ({ readonly kind: "figure"; readonly heading: string } & ReportedFigure)
  | BarLine;

/** A bar and what became of it in one object; the bar's own kind is `limitKind` here. */
type BarLine = { readonly kind: "bar"; readonly limitKind: Bar["kind"] } & Omit<Bar, "kind"> &
  Omit<BarResult, "bar">;

/** Figures under one heading. */
export interface Section {
  readonly heading: string;
  readonly figures: readonly ReportedFigure[];
}

/** What one or several runs say of one bench. */
export interface BenchReport {
  readonly bench: string;
  /** Days of the runs that measured it, `YYYY-MM-DD`, the first one first. */
  readonly dates: readonly string[];
  readonly notes: readonly string[];
  readonly sections: readonly Section[];
  readonly bars: readonly BarResult[];
}

/** What one or several runs say, all of one machine. */
export interface RunReport {
  readonly machine: Machine;
  readonly benches: readonly BenchReport[];
}

/** The line that says what became of a bar. */
export function barLine({ bar, ...result }: BarResult): RunLine {
  const { kind: limitKind, ...rest } = bar;
  return { kind: "bar", limitKind, ...rest, ...result };
}

/** Lines of JSON, one object each. */
export function writeLines(lines: readonly RunLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/**
 * Reads what {@link writeLines} wrote.
 *
 * @throws TypeError with the number of the first line that is not of a run.
 */
export function parseLines(text: string): RunLine[] {
  return text.split("\n").flatMap((line, index) => (line === "" ? [] : [parseLine(line, index + 1)]));
}

const keyOfKind: Readonly<Record<string, string>> = {
  machine: "cpu",
  note: "text",
  figure: "rounds",
  bar: "outcome",
};

function parseLine(line: string, number: number): RunLine {
  let value: unknown;
  try {
    // What is no number, as a ratio of nothing to nothing, is `null` in JSON.
    value = JSON.parse(line, (_, member: unknown) => (member === null ? Number.NaN : member));
  } catch {
    throw new TypeError(`line ${number} is not JSON`);
  }
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  const key = typeof kind === "string" ? keyOfKind[kind] : undefined;
  if (key === undefined || !Object.hasOwn(value as object, key))
    throw new TypeError(`line ${number} is not of a run`);
  return value as RunLine;
}

/**
 * Puts runs together. What a later run measured again replaces what an earlier one has; what it did not measure stays.
 *
 * @throws TypeError without a machine, or when the runs are of different machines or versions of Node.
 */
export function combineRuns(runs: readonly (readonly RunLine[])[]): RunReport {
  const benches = new Map<string, BenchParts>();
  const machines: Machine[] = [];
  for (const lines of runs) {
    const machine = lines.find((line) => line.kind === "machine");
    if (machine === undefined) throw new TypeError("a run does not say on which machine it was");
    machines.push(machine);
    addRun(benches, lines, machine.date);
  }
  const [machine] = machines;
  if (machine === undefined) throw new TypeError("there is no run");
  if (new Set(machines.map(identityOf)).size > 1) {
    throw new TypeError("the runs are of different machines, or of different versions of its software");
  }
  const reports = [...benches].map(([bench, parts]) => ({
    bench,
    dates: [...parts.dates].toSorted(),
    notes: [...parts.notes],
    sections: [...parts.sections].map(([heading, figures]) => ({ heading, figures: [...figures.values()] })),
    bars: [...parts.bars.values()],
  }));
  return { machine, benches: reports };
}

interface BenchParts {
  readonly dates: Set<string>;
  readonly notes: Set<string>;
  /** By heading, then by what tells figures apart. */
  readonly sections: Map<string, Map<string, ReportedFigure>>;
  /** By what tells bars apart. */
  readonly bars: Map<string, BarResult>;
}

function identityOf({ cpu, cores, memoryGiB, system, kernel, node }: Machine): string {
  return JSON.stringify([cpu, cores, memoryGiB, system, kernel, node]);
}

function addRun(benches: Map<string, BenchParts>, lines: readonly RunLine[], date: string): void {
  const names = new Set(
    lines.flatMap((line) => (line.kind === "figure" || line.kind === "bar" ? line.bench : [])),
  );
  for (const bench of names) {
    const parts = benches.get(bench) ?? {
      dates: new Set(),
      notes: new Set(),
      sections: new Map(),
      bars: new Map(),
    };
    benches.set(bench, parts);
    parts.dates.add(date);
    for (const line of lines) addLine(parts, line, bench);
  }
}

function addLine(parts: BenchParts, line: RunLine, bench: string): void {
  // A note of no bench is one for all of them.
  if (line.kind === "machine" || (line.bench ?? bench) !== bench) return;
  if (line.kind === "note") {
    parts.notes.add(line.text);
  } else if (line.kind === "figure") {
    const { kind: _, heading, ...figure } = line;
    const figures = parts.sections.get(heading) ?? new Map<string, ReportedFigure>();
    parts.sections.set(heading, figures);
    figures.set(JSON.stringify([figure.what, figure.subject, figure.callers]), figure);
  } else {
    const result = resultOf(line);
    const key = barKey(result.bar);
    if (result.outcome !== "missing" || !parts.bars.has(key)) parts.bars.set(key, result);
  }
}

function resultOf(line: BarLine): BarResult {
  const { kind: _, limitKind, outcome, subject, boundSubject, unit, value, cpuValue, ...rest } = line;
  return {
    bar: { ...rest, kind: limitKind, subject },
    outcome,
    subject,
    ...(boundSubject !== undefined && { boundSubject }),
    ...(unit !== undefined && { unit }),
    ...(value !== undefined && { value }),
    ...(cpuValue !== undefined && { cpuValue }),
  };
}

/** Of a bar that two subjects may meet, the line names the one that did. */
function barKey({ what, subject, orSubject, callers, kind, bound, orBound }: Bar): string {
  return JSON.stringify([what, orSubject ?? subject, callers, kind, bound, orBound]);
}
