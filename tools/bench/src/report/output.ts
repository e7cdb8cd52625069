import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BarResult } from "../bars.ts";
import { describeMachine, type Machine } from "../measure/machine.ts";
import { renderBars } from "./bar-table.ts";
import { renderFigures, type ReportedFigure } from "./report.ts";

/** Collects what a run has to say: text for people at once, lines of JSON for programs at the end. */
export class Output {
  readonly machine: Machine = describeMachine();
  readonly #write: (text: string) => void;
  readonly #lines: object[] = [];

  /** @param write takes text in whole lines. */
  constructor(write: (text: string) => void) {
    this.#write = write;
    const { cpu, cores, memoryGiB, system, kernel, node, date } = this.machine;
    this.#write(`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system} ${kernel}, Node ${node}, ${date}\n`);
    this.#lines.push({ kind: "machine", ...this.machine });
  }

  /** Something to know for reading the figures: a file system, a subject that could not take part. */
  note(text: string): void {
    this.#write(`${text}\n`);
    this.#lines.push({ kind: "note", text });
  }

  /** A table of figures under a heading. */
  figures(heading: string, figures: readonly ReportedFigure[]): void {
    this.#write(`\n### ${heading}\n\n${renderFigures(figures)}\n\n`);
    for (const figure of figures) this.#lines.push({ kind: "figure", heading, ...figure });
  }

  /** The table of bars. */
  bars(results: readonly BarResult[]): void {
    this.#write(`\n### Bars\n\n${renderBars(results)}\n`);
    for (const { bar, ...result } of results) {
      const { kind: limitKind, ...rest } = bar;
      this.#lines.push({ kind: "bar", limitKind, ...rest, ...result });
    }
  }

  /**
   * Writes the lines of JSON.
   *
   * @param file by default one of the day and the benches in `tools/bench/results`.
   */
  save(benches: readonly string[], file: string = defaultFile(this.machine.date, benches)): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, this.#lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }
}

function defaultFile(date: string, benches: readonly string[]): string {
  return join(fileURLToPath(new URL("../../results", import.meta.url)), `${date}-${benches.join("-")}.jsonl`);
}
