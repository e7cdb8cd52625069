import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { enumerateCrashes } from "./enumerate-crashes.ts";
import { sequences } from "./operations.ts";
import { seededRandom } from "./seeded-random.ts";

/** `pnpm crash [LENGTH]`: the counts of docs/durability.md, for all sequences of up to LENGTH operations. */
const length = Number(process.argv[2] ?? 2);
const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

function* upTo(longest: number): ReturnType<typeof sequences> {
  for (let each = 1; each <= longest; each++) yield* sequences(each);
}

let violations = 0;
console.log("| durability | io | sequences | kind of crash | crashes | violations | cut-off values |");
console.log("| --- | --- | ---: | --- | ---: | ---: | ---: |");
for (const durability of ["each", "sync", "none"] as const) {
  for (const io of ["sync", "pool"] as const) {
    const report = await enumerateCrashes({
      parent,
      sequences: upTo(length),
      options: { durability, io },
      randomTrials: 2,
      random: seededRandom(1),
    });
    for (const [kind, { crashes, violations: failed, torn }] of Object.entries(report.counts)) {
      violations += failed;
      console.log(
        `| ${durability} | ${io} | ${report.sequences} | ${kind} | ${crashes} | ${failed} | ${torn} |`,
      );
    }
    for (const example of report.examples) console.error(example);
  }
}
process.exitCode = violations === 0 ? 0 : 1;
