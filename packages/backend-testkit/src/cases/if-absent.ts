import assert from "node:assert/strict";
import { StoreError } from "@borgstore/core";
import { outcomeOf, hasCode, type Outcome } from "../assertions.ts";
import type { CaseContext } from "../conformance-case.ts";

/**
 * Whether `ifAbsent` works here: what the capability says, or with `"probe"` what the first use shows, which must
 * not be anything but success or `UNSUPPORTED`.
 */
export async function ifAbsentWorks({ backend, capabilities }: CaseContext): Promise<boolean> {
  if (capabilities.createIfAbsent !== "probe") return capabilities.createIfAbsent;
  const outcome = await outcomeOf(() => backend.store("probe", new Uint8Array(1), { ifAbsent: true }));
  if ("value" in outcome) {
    await backend.delete("probe");
    return true;
  }
  hasCode(outcome.error, "UNSUPPORTED", "the first use of ifAbsent");
  return false;
}

/** The index of the only success; all others must be `ALREADY_EXISTS`. */
export function onlyWinner(outcomes: readonly Outcome<unknown>[]): number {
  const winners: number[] = [];
  for (const [i, outcome] of outcomes.entries()) {
    if ("value" in outcome) winners.push(i);
    else assert.ok(StoreError.is(outcome.error, "ALREADY_EXISTS"), `a loser got ${String(outcome.error)}`);
  }
  assert.equal(winners.length, 1, `${winners.length} of ${outcomes.length} racing calls succeeded`);
  return winners[0] as number;
}
