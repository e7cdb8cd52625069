import type { Summary } from "../measure/statistics.ts";
import { unitName, type ReportedFigure } from "./report.ts";
import { formatNumber } from "./table.ts";
import type { Section } from "./run-lines.ts";

/** What a subject is, which gives its colour. */
export type SubjectKind = "store" | "ours" | "bound" | "reference" | "other";

/** One subject in one group. */
export interface ChartBar extends Summary {
  readonly subject: string;
  readonly kind: SubjectKind;
  /** The median as text. */
  readonly label: string;
}

/** Bars that are compared with each other. */
interface ChartGroup {
  readonly title: string;
  readonly bars: readonly ChartBar[];
}

/** What a chart shows. */
export interface ChartData {
  readonly title: string;
  /** What the axis is. */
  readonly axis: string;
  /** Where the bound is on the axis; absent for what has none. */
  readonly boundAt?: number;
  readonly groups: readonly ChartGroup[];
}

/**
 * The charts of a section: one of the ratios, and where nothing has a ratio one for each unit. Figures that are no
 * numbers are left out.
 *
 * @returns nothing for a section without figures.
 */
export function chartsOf(section: Section): ChartData[] {
  return chartsOfAll(section).filter(({ groups }) => groups.length > 0);
}

function chartsOfAll({ heading, figures }: Section): ChartData[] {
  const related = figures.filter((figure) => figure.ratio !== undefined);
  if (related.length > 0) {
    const groups = groupBy(related, ratioBar);
    return [{ title: heading, axis: "ratio to the bound, less is faster", boundAt: 1, groups }];
  }
  const units = [...new Set(figures.map(({ unit }) => unit))];
  return units.map((unit) => {
    const ofUnit = figures.filter((figure) => figure.unit === unit);
    return { title: heading, axis: unitName(unit), groups: groupBy(ofUnit, valueBar) };
  });
}

/**
 * The section that says most: the one with the most ratios, without any the one with the most figures; the first of
 * several. Our parts below the Store are left out of it.
 */
export function mostTelling(sections: readonly Section[]): Section | undefined {
  const forReaders = sections.map(({ heading, figures }) => ({
    heading,
    figures: figures.filter(({ subject }) => kindOf(subject) !== "ours"),
  }));
  const counts = forReaders.map(({ figures }) => [
    figures.filter(({ ratio }) => ratio !== undefined).length,
    figures.length,
  ]);
  const order = [...forReaders.keys()].toSorted((a, b) => {
    const [ratiosA = 0, allA = 0] = counts[a] ?? [];
    const [ratiosB = 0, allB = 0] = counts[b] ?? [];
    return ratiosB - ratiosA || allB - allA;
  });
  const [best] = order;
  return best === undefined ? undefined : forReaders[best];
}

function groupBy(
  figures: readonly ReportedFigure[],
  barOf: (figure: ReportedFigure) => ChartBar,
): ChartGroup[] {
  const groups = new Map<string, ChartBar[]>();
  for (const figure of figures) {
    const bar = barOf(figure);
    if (![bar.median, bar.min, bar.max].every(Number.isFinite)) continue;
    const title = `${figure.what}, ${figure.callers} ${figure.callers === 1 ? "caller" : "callers"}`;
    groups.set(title, [...(groups.get(title) ?? []), bar]);
  }
  return [...groups].map(([title, bars]) => ({ title, bars }));
}

function ratioBar({ subject, ratio }: ReportedFigure): ChartBar {
  const { median, min, max } = ratio as Summary;
  // Only the bound itself has this ratio in every round.
  const isBound = min === 1 && max === 1;
  const kind = isBound ? "bound" : kindOf(subject);
  return { subject, kind, label: `${median.toFixed(2)}x`, median, min, max };
}

function valueBar({ subject, median, min, max }: ReportedFigure): ChartBar {
  return { subject, kind: kindOf(subject), label: formatNumber(median), median, min, max };
}

function kindOf(subject: string): SubjectKind {
  if (subject.startsWith("Store")) return "store";
  if (subject.startsWith("Backend")) return "ours";
  return subject.startsWith("python") ? "reference" : "other";
}
