import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chartsOf, mostTelling } from "./chart-data.ts";
import { chartStyle, drawChart } from "./chart.ts";
import { readBenchPage, renderBenchPage, renderIndex } from "./markdown.ts";
import type { BenchReport, RunReport } from "./run-lines.ts";

const indexFile = "README.md";

/**
 * Writes a page and a chart for each bench, and an index of all benches that have a page in the directory, those of
 * earlier runs too.
 *
 * @param directory is made when it is not there.
 * @returns names of the files that were written.
 */
export function writeDocs({ machine, benches }: RunReport, directory: string): string[] {
  mkdirSync(directory, { recursive: true });
  const written: string[] = [];
  const write = (name: string, text: string): void => {
    writeFileSync(join(directory, name), text);
    written.push(name);
  };
  for (const report of benches) {
    const chart = chartOf(report);
    const chartFile = `${report.bench}.svg`;
    if (chart !== undefined) write(chartFile, chart);
    const page = renderBenchPage(report, machine, chart === undefined ? undefined : chartFile);
    write(`${report.bench}.md`, page);
  }
  const pages = readdirSync(directory).filter((name) => name.endsWith(".md") && name !== indexFile);
  const entries = pages.toSorted().flatMap((name) => {
    return readBenchPage(readFileSync(join(directory, name), "utf8")) ?? [];
  });
  write(indexFile, renderIndex(entries));
  return written;
}

function chartOf({ bench, sections }: BenchReport): string | undefined {
  const section = mostTelling(sections);
  if (section === undefined) return undefined;
  const [data] = chartsOf(section);
  return data === undefined
    ? undefined
    : drawChart({ ...data, title: `${bench}: ${data.title}` }, chartStyle);
}
