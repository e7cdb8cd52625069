import type { ConformanceOptions, ConformanceSetup, TestRunner } from "./conformance-options.ts";
import { newSeed, runCase } from "./run-case.ts";
import { selectCases, type SelectedCase } from "./select-cases.ts";

/** Options of {@link registerConformance}. */
export interface RegisterOptions<
  Setup extends ConformanceSetup = ConformanceSetup,
> extends ConformanceOptions<Setup> {
  /** The caller's test runner; the suite imports none. */
  readonly runner: TestRunner;
}

/**
 * Registers the conformance suite with a test runner: one test per case, in one group. Cases that the backend's
 * capabilities rule out are registered as skipped, with the reason in the title, never as passed.
 *
 * @throws StoreError `INVALID_ARGUMENT`, synchronously, when a capability is missing or an id is unknown.
 */
export function registerConformance<Setup extends ConformanceSetup>(options: RegisterOptions<Setup>): void {
  const selected = selectCases(options);
  const seed = options.seed ?? newSeed();
  const { runner } = options;
  runner.describe(`${options.name}: conformance`, () => {
    for (const one of selected) {
      const title = `${one.definition.id}: ${one.definition.title}`;
      if (one.skipReason !== undefined) {
        // The empty body is for runners that insist on one.
        runner.it.skip(`${title} [skipped: ${one.skipReason}]`, () => {});
      } else if (one.knownFailure !== undefined) {
        runner.it(`${title} [known failure: ${one.knownFailure}]`, () => runKnownFailure(one, options, seed));
      } else {
        runner.it(title, () => runCase(one.definition, options, seed));
      }
    }
  });
}

/** Runs a case that is listed as failing; rejects when it passes, so that the list stays true. */
export async function runKnownFailure<Setup extends ConformanceSetup>(
  { definition, knownFailure }: SelectedCase,
  options: ConformanceOptions<Setup>,
  seed: number,
): Promise<void> {
  const hasFailed = await runCase(definition, options, seed).then(
    () => false,
    () => true,
  );
  if (!hasFailed) {
    throw new Error(
      `${definition.id} passed, but is listed as a known failure (${knownFailure}): remove it from the list`,
    );
  }
}
