import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { builtEntry } from "../measure/built-packages.ts";
import { interleave, repeatRounds } from "../measure/interleave.ts";
import type { Figure } from "../report/report.ts";

const program = `
const start = performance.now();
await import(process.argv[1]);
process.stdout.write(String(performance.now() - start));
`;

/**
 * Measures in fresh processes how long importing the built core takes, beside importing an empty module.
 *
 * @returns the reason as a string when core is not built.
 */
export async function measureImport(rounds: number): Promise<Figure[] | string> {
  const core = builtEntry("@borgstore/core");
  if (core === undefined) return "core is not built";
  const urls = [pathToFileURL(core).href, "data:text/javascript,"];
  const values = await repeatRounds(rounds, async () => await interleave(urls, 1, importInChild));
  return ["@borgstore/core", "an empty module"].map((subject, lane) => {
    return { bench: "core", what: "import", subject, callers: 1, unit: "ms", rounds: values[lane]?.ms ?? [] };
  });
}

function importInChild(url: string): number {
  const args = ["--input-type=module", "-e", program, url];
  return Number(execFileSync(process.execPath, args, { encoding: "utf8" }));
}
