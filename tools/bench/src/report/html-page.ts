import type { BarResult } from "../bars.ts";
import { barCells, barColumns, missedFirst } from "./bar-table.ts";
import { chartsOf } from "./chart-data.ts";
import { chartStyle, drawChart } from "./chart.ts";
import { escapeMarkup, renderHtmlTable } from "./html-table.ts";
import { machineLine } from "./machine-line.ts";
import { figureCells, figureColumns } from "./report.ts";
import type { BenchReport, RunReport, Section } from "./run-lines.ts";

const style = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; font-size: 0.85rem; margin: 1rem 0; }
th, td { border-bottom: 1px solid #8884; padding: 0.15rem 0.6rem; text-align: left; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.missed { background: #d33a; }
.missed td:last-child { font-weight: 700; }
.missing { opacity: 0.6; }
.wide { overflow-x: auto; }
svg.chart { height: auto; max-width: 100%; }
`;

/** A run as a page of HTML that needs nothing else: no scripts, no other files. */
export function renderPage({ machine, benches }: RunReport): string {
  const title = `Bench ${benches.map(({ bench }) => bench).join(", ")}`;
  const bars = benches.flatMap((bench) => bench.bars);
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${style}${chartStyle}</style>`,
    "</head>",
    "<body>",
    `<h1>${escapeMarkup(title)}</h1>`,
    `<p>${escapeMarkup(machineLine(machine))}</p>`,
    ...(bars.length === 0 ? [] : ["<h2>Bars</h2>", renderBarRows(bars)]),
    ...benches.map(renderBench),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

function renderBarRows(bars: readonly BarResult[]): string {
  const columns = [{ title: "bench", align: "left" } as const, ...barColumns];
  const rows = missedFirst(bars).map((result) => [result.bar.bench].concat(barCells(result)));
  return `<div class="wide">${renderHtmlTable(columns, rows, classOfBar)}</div>`;
}

function classOfBar(cells: readonly string[]): string | undefined {
  const outcome = cells.at(-1);
  return outcome === "not measured" ? "missing" : outcome;
}

function renderBench({ bench, notes, sections }: BenchReport): string {
  const items = notes.map((note) => `<li>${escapeMarkup(note)}</li>`);
  return [
    `<h2>${escapeMarkup(bench)}</h2>`,
    ...(items.length === 0 ? [] : [`<ul>${items.join("")}</ul>`]),
    ...sections.map(renderSection),
  ].join("\n");
}

function renderSection(section: Section): string {
  return [
    `<h3>${escapeMarkup(section.heading)}</h3>`,
    ...chartsOf(section).map((data) => drawChart(data)),
    `<div class="wide">${renderHtmlTable(figureColumns, section.figures.map(figureCells))}</div>`,
  ].join("\n");
}
