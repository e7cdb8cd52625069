import { fullScope } from "@borgstore/tools-peers";
import { expect, test } from "vitest";
import { conformanceCases, runConformance } from "../src/index.ts";
import type { BrokenBackend } from "./broken/broken-backend.ts";
import { brokenBackends } from "./broken/broken-backends.ts";
import { casesThatReach, reachedMembers } from "./reached-members.ts";
import { worldKinds, worldOptions } from "./worlds.ts";

/** A broken backend that fails more of the cases than this proves nothing about each of them. */
const broadShare = 1 / 4;

/**
 * Cases that take long, half of the time of all. It is enough that one broken backend fails each of them: they are tried
 * on those that fail nothing else, and then on the others, most failures of the same operation first, until one does.
 */
const longCases: ReadonlySet<string> = new Set([
  "abort/no-listener-left",
  "concurrency/mixed",
  "lifecycle/close-aborted",
  "lifecycle/close-iterating",
  "lifecycle/close-waits",
  "list/deleting",
  "list/deleting-all",
  "list/pages",
  "list/stopped",
  "load-stream/owned",
  "move/never-none",
  "store-stream/whole",
  "store/atomic",
  "store/sizes",
]);

const full = fullScope("the cases are proved, in memory");

/** The cases that fail on one broken backend, of those given that use what is broken. */
async function killedBy(
  one: BrokenBackend,
  reachedIn: Map<string, ReadonlyMap<string, ReadonlySet<PropertyKey>>>,
  isWanted: (id: string) => boolean,
): Promise<string[]> {
  const { id, kind, alter } = one;
  const reached = reachedIn.get(kind) ?? (await reachedMembers(kind));
  reachedIn.set(kind, reached);
  const only = casesThatReach(one, reached).filter(isWanted);
  if (only.length === 0) return [];
  const options = worldOptions(id, worldKinds[kind], alter);
  const results = await runConformance({ ...options, seed: 1, caseTimeoutMs: 10_000, only });
  return results.filter(({ outcome }) => outcome === "failed").map((result) => result.id);
}

test.skipIf(full.isLeftOut)(
  `every case fails on a broken backend, and every broken backend fails a case${full.tag}`,
  { timeout: 600_000 },
  async () => {
    const killersOf = new Map<string, string[]>(conformanceCases.map(({ id }) => [id, []]));
    const killedOf = new Map<BrokenBackend, string[]>();
    const tooBroad: string[] = [];
    const reachedIn = new Map<string, ReadonlyMap<string, ReadonlySet<PropertyKey>>>();
    for (const one of brokenBackends) {
      const killed = await killedBy(one, reachedIn, (id) => !longCases.has(id));
      if (killed.length > conformanceCases.length * broadShare) tooBroad.push(`${one.id} (${killed.length})`);
      else killedOf.set(one, killed);
    }
    for (const longCase of longCases) {
      const prefix = longCase.slice(0, longCase.indexOf("/") + 1);
      const likeness = (killed: readonly string[]): number =>
        killed.length === 0 ? conformanceCases.length : killed.filter((id) => id.startsWith(prefix)).length;
      const byLikeness = [...killedOf].toSorted(([, one], [, other]) => likeness(other) - likeness(one));
      let isKilled = false;
      for (const [one, killed] of byLikeness) {
        if (isKilled && killed.length > 0) break;
        const found = await killedBy(one, reachedIn, (id) => id === longCase);
        if (found.length > 0) isKilled = true;
        killed.push(...found);
      }
    }
    for (const [{ id }, killed] of killedOf) for (const caseId of killed) killersOf.get(caseId)?.push(id);
    const lines = [...killersOf].map(([id, killers]) => `  ${id.padEnd(32)} ${killers.join(" ")}`);
    const summary = `kill matrix: ${killersOf.size} cases, ${brokenBackends.length} broken backends`;
    process.stdout.write(`${summary}\n${lines.join("\n")}\n`);

    const unkilled = [...killersOf].filter(([, killers]) => killers.length === 0).map(([id]) => id);
    const survivors = [...killedOf].filter(([, killed]) => killed.length === 0).map(([{ id }]) => id);
    expect({ unkilled, survivors, tooBroad }).toEqual({ unkilled: [], survivors: [], tooBroad: [] });
  },
);

test("ids of cases and of broken backends are unique and well-formed", () => {
  const ids = conformanceCases.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z-]+\/[a-z-]+$/);
  expect([...longCases].filter((id) => !ids.includes(id))).toEqual([]);
  const brokenIds = brokenBackends.map(({ id }) => id);
  expect(new Set(brokenIds).size).toBe(brokenIds.length);
});
