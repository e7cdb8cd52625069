import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { combineRuns, parseLines, type RunLine } from "./run-lines.ts";
import { writeDocs } from "./write-docs.ts";

/**
 * The `bench report` command: makes the pages of the documentation from lines of JSON that runs have written.
 *
 * @param args what follows `report`
 * @param write takes text in whole lines.
 * @throws TypeError saying what is wrong with the command line or with a file.
 */
export function runReport(args: readonly string[], write: (text: string) => void): void {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { docs: { type: "string", default: defaultDocs() } },
  });
  if (positionals.length === 0)
    throw new TypeError("report takes files of JSON lines that a run has written");
  const report = combineRuns(positionals.map(readRun));
  for (const name of writeDocs(report, values.docs)) write(`${name}\n`);
}

function readRun(file: string): RunLine[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw new TypeError(`${file} cannot be read: ${code}`, { cause: error });
  }
  try {
    return parseLines(text);
  } catch (error) {
    throw error instanceof TypeError ? new TypeError(`${file}: ${error.message}`, { cause: error }) : error;
  }
}

/** `docs/performance` of this repository. */
function defaultDocs(): string {
  return fileURLToPath(new URL("../../../../docs/performance", import.meta.url));
}
