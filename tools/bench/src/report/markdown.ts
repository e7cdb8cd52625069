import { barCells, barColumns, missedFirst } from "./bar-table.ts";
import { machineLine } from "./machine-line.ts";
import { figureCells, figureColumns } from "./report.ts";
import type { BenchReport } from "./run-lines.ts";
import { renderTable, type Column } from "./table.ts";
import type { Machine } from "../measure/machine.ts";

/** Stands in every page, so that pages that others wrote are not taken for ours. */
const generatedLine = "Written by `pnpm bench report`: change nothing here, measure again.";

const barsHeading = "## Bars";
const missedMark = "**missed**";

/** What the index tells of a bench. It is read back from the bench's page, so that runs of others can keep it. */
export interface BenchEntry {
  readonly bench: string;
  /** Machine and days. */
  readonly measured: string;
  /** A row for each bar, as its page has them. */
  readonly bars: readonly (readonly string[])[];
}

/** The page of a bench: machine, notes, its chart, bars with the missed ones first, and all tables. */
export function renderBenchPage(
  report: BenchReport,
  machine: Machine,
  chartFile: string | undefined,
): string {
  const { bench, dates, notes, sections, bars } = report;
  const barRows = missedFirst(bars).map((result) =>
    barCells(result).map((cell) => (cell === "missed" ? missedMark : escape(cell))),
  );
  return joinBlocks([
    `# Bench ${escape(bench)}`,
    generatedLine,
    escape(machineLine(machine, dates)),
    notes.map((note) => `- ${escape(note)}`).join("\n"),
    chartFile === undefined ? "" : `![Chart of bench ${escape(bench)}](${chartFile})`,
    ...(barRows.length === 0 ? [] : [barsHeading, renderTable(barColumns, barRows)]),
    ...sections.flatMap(({ heading, figures }) => [
      `## ${escape(heading)}`,
      renderTable(
        figureColumns,
        figures.map((figure) => figureCells(figure).map(escape)),
      ),
    ]),
  ]);
}

/** Reads a page that {@link renderBenchPage} wrote; `undefined` for any other text. */
export function readBenchPage(text: string): BenchEntry | undefined {
  const [title = "", line, measured = ""] = text.split("\n").filter((each) => each !== "");
  const bench = /^# Bench (\S+)$/.exec(title)?.[1];
  if (bench === undefined || line !== generatedLine) return undefined;
  const [, after = ""] = text.split(`\n${barsHeading}\n`);
  const [table = ""] = after.split("\n## ", 1);
  const rows = table.split("\n").filter((each) => each.startsWith("|"));
  return { bench, measured, bars: rows.slice(2).map(splitRow) };
}

const entryColumns: readonly Column[] = [
  { title: "bench", align: "left" },
  { title: "bars met", align: "right" },
  { title: "missed", align: "right" },
  { title: "not measured", align: "right" },
  { title: "on", align: "left" },
];

/** One report on all benches: what was measured where, and every bar. */
export function renderIndex(entries: readonly BenchEntry[]): string {
  const bars = entries.flatMap(({ bench, bars: rows }) => rows.map((cells) => [bench, ...cells]));
  const count = (rows: BenchEntry["bars"], outcome: string): string =>
    String(rows.filter((cells) => cells.at(-1) === outcome).length);
  return joinBlocks([
    "# Benches",
    generatedLine,
    "Each bench has a page with its chart and all figures. Missed bars come first.",
    renderTable(
      entryColumns,
      entries.map(({ bench, measured, bars: rows }) => [
        `[${bench}](${bench}.md)`,
        count(rows, "met"),
        count(rows, missedMark),
        count(rows, "not measured"),
        measured,
      ]),
    ),
    ...(bars.length === 0
      ? []
      : [
          barsHeading,
          renderTable(
            [{ title: "bench", align: "left" }, ...barColumns],
            [...bars.filter(isMissed), ...bars.filter((cells) => !isMissed(cells))],
          ),
        ]),
  ]);
}

function isMissed(cells: readonly string[]): boolean {
  return cells.at(-1) === missedMark;
}

/** Blocks with an empty line between them; those that are empty are left out. */
function joinBlocks(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

/** Text that Markdown shows as it is, in tables too. */
function escape(text: string): string {
  return text.replaceAll(/[\\*[<`|]/g, (character) => `\\${character}`);
}

/** The cells of a row, still escaped. */
function splitRow(row: string): string[] {
  const cells = row.split(/(?<!\\)\|/);
  return cells.slice(1, -1).map((cell) => cell.trim());
}
