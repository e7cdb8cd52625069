import type { ChartBar, ChartData, SubjectKind } from "./chart-data.ts";
import { escapeMarkup } from "./html-table.ts";
import { makeScale, type Scale } from "./scale.ts";
import { formatNumber } from "./table.ts";

const width = 900;
const margin = 12;
const rowHeight = 15;
const groupHeight = 22;
const headHeight = 70;
const labelGap = 8;
/** Of a character of the small text, at most. */
const characterWidth = 6.6;
const valueWidth = 64;

const legend: Readonly<Record<SubjectKind, string>> = {
  store: "our Store",
  ours: "our parts below it",
  bound: "the bound",
  reference: "Python reference",
  other: "others",
};

/** Colours by class: on light, on dark. */
const fills: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  paper: ["#ffffff", "#16181c"],
  ink: ["#1c1e21", "#e6e8eb"],
  faint: ["#6b727b", "#9aa1aa"],
  store: ["#0b6bcb", "#4da3ff"],
  ours: ["#8fbdea", "#2f5f8f"],
  bound: ["#5b626b", "#a4abb4"],
  reference: ["#c77700", "#e0a040"],
  other: ["#b9bec5", "#565c65"],
};
const strokes: typeof fills = {
  grid: ["#e2e5e9", "#30343a"],
  limit: ["#1c1e21", "#e6e8eb"],
  whisker: ["#1c1e21", "#e6e8eb"],
};

function colourRules(theme: 0 | 1): string {
  const rules = (colours: typeof fills, property: string): string[] =>
    Object.entries(colours).map(([name, both]) => `.chart .${name} { ${property}: ${both[theme]}; }`);
  return [...rules(fills, "fill"), ...rules(strokes, "stroke")].join("\n");
}

/** The rules for charts, once for a page or within each file. They follow the reader's choice of light or dark. */
export const chartStyle: string = `
.chart { font: 11px system-ui, sans-serif; }
.chart .title { font-size: 14px; font-weight: 600; }
.chart .group { font-weight: 600; }
.chart .limit { stroke-dasharray: 4 3; }
.chart .whisker { fill: none; stroke-opacity: 0.7; }
${colourRules(0)}
@media (prefers-color-scheme: dark) {
${colourRules(1)}
}
`;

/**
 * Draws a chart as SVG: a bar for each subject up to its median, a thin line from the smallest to the largest value of
 * the rounds, and a line where the bound is. On a logarithmic axis bars begin at the bound.
 *
 * @param style rules to put into it, for a file of its own; none inside a page that has them.
 */
export function drawChart(data: ChartData, style?: string): string {
  const bars = data.groups.flatMap((group) => group.bars);
  const scale = makeScale(
    bars.map(({ median }) => median),
    [...bars.flatMap(({ min, max }) => [min, max]), ...(data.boundAt === undefined ? [] : [data.boundAt])],
  );
  const names = [...bars.map(({ subject }) => subject.length), 8];
  const left = margin + Math.ceil(Math.max(...names) * characterWidth) + labelGap;
  const plotWidth = width - left - valueWidth - margin;
  const xOf = (value: number): number => round(left + scale.place(value) * plotWidth);
  const bottom = headHeight + data.groups.length * groupHeight + bars.length * rowHeight;
  const height = bottom + margin;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeMarkup(data.title)}">`,
    ...(style === undefined ? [] : [`<style>${style}</style>`]),
    `<rect class="paper" width="${width}" height="${height}"/>`,
    text(margin, 22, data.title, "ink title"),
    ...drawLegend(bars, describeAxis(data, scale)),
    ...scale.ticks.flatMap((tick) => drawTick(xOf(tick), formatTick(tick), bottom)),
  ];
  const start = scale.kind === "log" && data.boundAt !== undefined ? xOf(data.boundAt) : left;
  let y = headHeight;
  for (const group of data.groups) {
    parts.push(text(margin, y + 15, group.title, "ink group"));
    y += groupHeight;
    for (const bar of group.bars) {
      parts.push(...drawBar(bar, y, start, left, xOf));
      y += rowHeight;
    }
  }
  if (data.boundAt !== undefined) parts.push(line("limit", xOf(data.boundAt), headHeight, bottom));
  return `${[...parts, "</svg>"].join("\n")}\n`;
}

function describeAxis({ axis }: ChartData, { kind }: Scale): string {
  return kind === "log" ? `${axis}; logarithmic` : axis;
}

function drawLegend(bars: readonly ChartBar[], axis: string): string[] {
  const kinds = (Object.keys(legend) as SubjectKind[]).filter((kind) =>
    bars.some((bar) => bar.kind === kind),
  );
  const parts: string[] = [];
  let x = margin;
  for (const kind of kinds) {
    parts.push(rect(kind, x, 32, 10, 10), text(x + 14, 41, legend[kind], "ink"));
    x += 14 + legend[kind].length * characterWidth + 14;
  }
  return [...parts, text(width - margin, 41, axis, "faint", "end")];
}

function drawTick(x: number, label: string, bottom: number): string[] {
  return [line("grid", x, headHeight - 6, bottom), text(x, headHeight - 10, label, "faint", "middle")];
}

function drawBar(
  { subject, kind, label, median, min, max }: ChartBar,
  y: number,
  start: number,
  left: number,
  xOf: (value: number) => number,
): string[] {
  const x = xOf(median);
  const middle = y + rowHeight / 2;
  const [low, high] = [xOf(min), xOf(max)];
  return [
    text(left - labelGap, y + 11, subject, "ink", "end"),
    rect(kind, Math.min(start, x), y + 2, Math.max(2, Math.abs(x - start)), rowHeight - 4),
    `<path class="whisker" d="M${low} ${middle - 3}v6m0-3H${high}m0-3v6"/>`,
    text(width - margin, y + 11, label, "ink", "end"),
  ];
}

function rect(kind: SubjectKind, x: number, y: number, w: number, h: number): string {
  return `<rect class="${kind}" x="${round(x)}" y="${y}" width="${round(w)}" height="${h}"/>`;
}

function line(kind: string, x: number, from: number, to: number): string {
  return `<path class="${kind}" d="M${x} ${from}V${to}"/>`;
}

function text(x: number, y: number, content: string, kind: string, anchor = "start"): string {
  const place = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text class="${kind}" x="${round(x)}" y="${y}"${place}>${escapeMarkup(content)}</text>`;
}

/** A tenth of a pixel is enough. */
function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function formatTick(value: number): string {
  return Number.isInteger(value) ? String(value) : formatNumber(value).replace(/0+$/, "");
}
