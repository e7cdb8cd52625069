import type { DurabilityOption, PosixfsOptions } from "@borgstore/backend-posixfs";
import { checkItems } from "./check-items.ts";
import { itemsOf, recordRun, type CrashRun } from "./crash-run.ts";
import { syncing, type Items, type StoreOperation } from "./operations.ts";
import { crashImage, type CrashKind, type DiskImage } from "./simulated-disk.ts";

/** Which crashes to try. */
export interface CrashPlan {
  /** Where the stores are made; best in memory. */
  readonly parent: string;
  readonly sequences: Iterable<readonly StoreOperation[]>;
  readonly options: PosixfsOptions;
  /**
   * The durability that the outcome is held against.
   *
   * @default the one of the options
   */
  readonly promised?: DurabilityOption;
  /** How often each moment is tried with `random`. */
  readonly randomTrials: number;
  /** For `random`; gives numbers from 0 to below 1. */
  readonly random: () => number;
}

/** What came of it, by kind of crash. */
interface CrashCounts {
  crashes: number;
  violations: number;
  torn: number;
}

/** The counts, and the first violations in words. */
export interface CrashReport {
  sequences: number;
  readonly counts: Record<CrashKind, CrashCounts>;
  readonly examples: string[];
}

const kinds: readonly CrashKind[] = ["process", "all-lost", "names-kept", "random"];
const maxExamples = 10;

/** Tries every kind of crash at every moment of every sequence. */
export async function enumerateCrashes(plan: CrashPlan): Promise<CrashReport> {
  const counts = Object.fromEntries(
    kinds.map((kind) => [kind, { crashes: 0, violations: 0, torn: 0 }]),
  ) as Record<CrashKind, CrashCounts>;
  const report: CrashReport = { sequences: 0, counts, examples: [] };
  // Most crashes leave one of few images; what a store finds depends on nothing else.
  const seen = new Map<string, Items>();
  for (const sequence of plan.sequences) {
    const run = await recordRun(plan.parent, sequence, plan.options);
    report.sequences++;
    for (let moment = 0; moment <= run.changes.length; moment++) {
      for (const kind of kinds) {
        for (let trial = 0; trial < (kind === "random" ? plan.randomTrials : 1); trial++) {
          const image = crashImage(run.start, run.changes.slice(0, moment), kind, plan.random);
          const key = imageKey(image);
          const found = seen.get(key) ?? (await itemsOf(plan.parent, image));
          seen.set(key, found);
          judge(report, run, moment, kind, found, plan.promised ?? plan.options.durability ?? "sync");
        }
      }
    }
  }
  return report;
}

function judge(
  report: CrashReport,
  run: CrashRun,
  moment: number,
  kind: CrashKind,
  found: Items,
  durability: DurabilityOption,
): void {
  const acknowledged = run.changes.slice(0, moment).filter((change) => change.kind === "acknowledged").length;
  const lastSync = run.sequence.slice(0, acknowledged).lastIndexOf(syncing) + 1;
  const durable = durability === "each" ? acknowledged : durability === "sync" ? lastSync : 0;
  const from = kind === "process" ? acknowledged : durable;
  const states = run.states.slice(from, acknowledged + 2);
  const finding = checkItems(found, { kind, states, eachIsDurable: durability === "each" });
  const counts = report.counts[kind];
  counts.crashes++;
  counts.torn += finding.torn;
  if (finding.violation === undefined) return;
  counts.violations++;
  if (report.examples.length >= maxExamples) return;
  const names = run.sequence.map(({ name }) => name).join(", ");
  const last = JSON.stringify(run.changes[moment - 1] ?? "the start", (_, value: unknown) =>
    value instanceof Uint8Array ? `${value.byteLength} bytes` : value,
  );
  report.examples.push(`[${names}] ${kind} after change ${moment} (${last}): ${finding.violation}`);
}

function imageKey({ files, directories }: DiskImage): string {
  const described = [...files].map(([name, bytes]) => `${name}=${Buffer.from(bytes).toString("latin1")}`);
  return [...described.sort(), ...[...directories].sort()].join("\n");
}
