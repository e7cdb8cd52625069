import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { builtEntry } from "../measure/built-packages.ts";
import { interleave, repeatRounds, type Measurement } from "../measure/interleave.ts";
import type { Figure } from "../report/report.ts";

const program = `
const start = performance.now();
const before = process.cpuUsage();
await import(process.argv[1]);
const ms = performance.now() - start;
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ ms, cpuMs: (user + system) / 1000 }));
`;

/** The packages that are published for use in programs, core first. */
export const importedPackages: readonly string[] = [
  "@borgstore/core",
  "@borgstore/backend-posixfs",
  "@borgstore/backend-sftp",
  "@borgstore/backend-s3",
  "@borgstore/backend-rclone",
];

/** The subject that others are compared with. */
export const emptyModule = "an empty module";

/**
 * Measures in fresh processes how long importing each built package takes in ms, with all that it imports, beside
 * importing an empty module.
 *
 * @returns the reason as a string when a package is not built.
 */
export async function measureImport(rounds: number): Promise<Figure[] | string> {
  const modules = [{ subject: emptyModule, url: "data:text/javascript," }];
  for (const subject of importedPackages) {
    const entry = builtEntry(subject);
    if (entry === undefined) return `${subject} is not built`;
    modules.push({ subject, url: pathToFileURL(entry).href });
  }
  const values = await repeatRounds(rounds, async (round) => {
    // By the position of the module; the processor time is that of the child.
    const measured: Measurement[] = [];
    const run = ({ url }: (typeof modules)[number]): number => {
      const measurement = importInChild(url);
      measured[modules.findIndex((module) => module.url === url)] = measurement;
      return measurement.ms;
    };
    await interleave(modules, 1, run, round);
    return measured;
  });
  return modules.map(({ subject }, lane) => {
    const { ms = [], cpuMs = [] } = values[lane] ?? {};
    return { bench: "core", what: "import", subject, callers: 1, unit: "ms", rounds: ms, cpuRounds: cpuMs };
  });
}

function importInChild(url: string): Measurement {
  const args = ["--input-type=module", "-e", program, url];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Measurement;
}
