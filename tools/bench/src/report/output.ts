import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BarResult } from "../bars.ts";
import { describeMachine, type Machine } from "../measure/machine.ts";
import { renderBars } from "./bar-table.ts";
import { renderPage } from "./html-page.ts";
import { machineLine } from "./machine-line.ts";
import { renderFigures, type ReportedFigure } from "./report.ts";
import { barLine, combineRuns, writeLines, type RunLine } from "./run-lines.ts";

/** Collects what a run has to say: text for people at once, lines of JSON and a page of HTML at the end. */
export class Output {
  readonly machine: Machine = describeMachine();
  readonly #write: (text: string) => void;
  readonly #lines: RunLine[] = [];
  #bench: string | undefined;

  /** @param write takes text in whole lines. */
  constructor(write: (text: string) => void) {
    this.#write = write;
    this.#write(`${machineLine(this.machine)}\n`);
    this.#lines.push({ kind: "machine", ...this.machine });
  }

  /** What is noted from now on is of this bench. */
  begin(bench: string): void {
    this.#bench = bench;
  }

  /** Something to know for reading the figures: a file system, a subject that could not take part. */
  note(text: string): void {
    this.#write(`${text}\n`);
    this.#lines.push({ kind: "note", ...(this.#bench !== undefined && { bench: this.#bench }), text });
  }

  /** A table of figures under a heading. */
  figures(heading: string, figures: readonly ReportedFigure[]): void {
    this.#write(`\n### ${heading}\n\n${renderFigures(figures)}\n\n`);
    for (const figure of figures) this.#lines.push({ kind: "figure", heading, ...figure });
  }

  /** The table of bars. */
  bars(results: readonly BarResult[]): void {
    this.#write(`\n### Bars\n\n${renderBars(results)}\n`);
    this.#lines.push(...results.map(barLine));
  }

  /**
   * Writes the lines of JSON, and a page of HTML beside them with the same name.
   *
   * @param file by default one of the day and the benches in `tools/bench/results`.
   */
  save(benches: readonly string[], file: string = defaultFile(this.machine.date, benches)): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, writeLines(this.#lines));
    writeFileSync(pageFile(file), renderPage(combineRuns([this.#lines])));
  }
}

/** The name with another end; one that ends so already gets it twice. */
function pageFile(file: string): string {
  const end = extname(file);
  return end === ".html" ? `${file}.html` : `${file.slice(0, file.length - end.length)}.html`;
}

function defaultFile(date: string, benches: readonly string[]): string {
  return join(fileURLToPath(new URL("../../results", import.meta.url)), `${date}-${benches.join("-")}.jsonl`);
}
