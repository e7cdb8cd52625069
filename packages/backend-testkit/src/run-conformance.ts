import type { ConformanceOptions, ConformanceSetup } from "./conformance-options.ts";
import { runKnownFailure } from "./register-conformance.ts";
import { newSeed, runCase } from "./run-case.ts";
import { selectCases, type SelectedCase } from "./select-cases.ts";

/** What became of one case. */
export interface CaseResult {
  readonly id: string;
  readonly title: string;
  /** `"known-failure"`: it failed, and was listed so. */
  readonly outcome: "passed" | "failed" | "skipped" | "known-failure";
  /** Why it was skipped or is known to fail. */
  readonly reason?: string;
  /** What it failed with. */
  readonly error?: unknown;
  /** How long it took with setup and teardown; 0 when it was skipped. */
  readonly durationMs: number;
}

/** Options of {@link runConformance}. */
export interface RunOptions<
  Setup extends ConformanceSetup = ConformanceSetup,
> extends ConformanceOptions<Setup> {
  /**
   * The ids of the cases to run; the others are left out of the results.
   *
   * @default all
   */
  readonly only?: readonly string[];
}

/**
 * Runs the conformance suite without a test runner, one case after the other, and resolves with one result per
 * case. Failures of cases are results, not rejections.
 *
 * @throws StoreError `INVALID_ARGUMENT` when a capability is missing or an id is unknown.
 */
export async function runConformance<Setup extends ConformanceSetup>(
  options: RunOptions<Setup>,
): Promise<readonly CaseResult[]> {
  const { only } = options;
  const seed = options.seed ?? newSeed();
  const results: CaseResult[] = [];
  for (const one of selectCases(options)) {
    if (only === undefined || only.includes(one.definition.id))
      results.push(await runOne(one, options, seed));
  }
  return results;
}

async function runOne<Setup extends ConformanceSetup>(
  one: SelectedCase,
  options: ConformanceOptions<Setup>,
  seed: number,
): Promise<CaseResult> {
  const { id, title } = one.definition;
  if (one.skipReason !== undefined) {
    return { id, title, outcome: "skipped", reason: one.skipReason, durationMs: 0 };
  }
  const startedAt = performance.now();
  try {
    if (one.knownFailure === undefined) await runCase(one.definition, options, seed);
    else await runKnownFailure(one, options, seed);
  } catch (error) {
    return { id, title, outcome: "failed", error, durationMs: performance.now() - startedAt };
  }
  const durationMs = performance.now() - startedAt;
  return one.knownFailure === undefined
    ? { id, title, outcome: "passed", durationMs }
    : { id, title, outcome: "known-failure", reason: one.knownFailure, durationMs };
}
