import { fullScope } from "@borgstore/tools-peers";
import { expect, test } from "vitest";
import { conformanceCases, runConformance } from "../src/index.ts";
import { brokenBackends } from "./broken/broken-backends.ts";
import { casesThatReach, reachedMembers } from "./reached-members.ts";
import { worldKinds, worldOptions } from "./worlds.ts";

/** A broken backend that fails more of the cases than this proves nothing about each of them. */
const broadShare = 1 / 4;

const full = fullScope("the cases are proved, in memory");

test.skipIf(full.isLeftOut)(
  `every case fails on a broken backend, and every broken backend fails a case${full.tag}`,
  { timeout: 600_000 },
  async () => {
    const killersOf = new Map<string, string[]>(conformanceCases.map(({ id }) => [id, []]));
    const survivors: string[] = [];
    const tooBroad: string[] = [];
    const reachedIn = new Map<string, ReadonlyMap<string, ReadonlySet<PropertyKey>>>();
    for (const one of brokenBackends) {
      const { id, kind, alter } = one;
      const reached = reachedIn.get(kind) ?? (await reachedMembers(kind));
      reachedIn.set(kind, reached);
      const results = await runConformance({
        ...worldOptions(id, worldKinds[kind], alter),
        seed: 1,
        caseTimeoutMs: 10_000,
        only: casesThatReach(one, reached),
      });
      const killed = results.filter(({ outcome }) => outcome === "failed").map((result) => result.id);
      if (killed.length === 0) survivors.push(id);
      if (killed.length > conformanceCases.length * broadShare) tooBroad.push(`${id} (${killed.length})`);
      else for (const caseId of killed) killersOf.get(caseId)?.push(id);
    }
    const lines = [...killersOf].map(([id, killers]) => `  ${id.padEnd(32)} ${killers.join(" ")}`);
    const summary = `kill matrix: ${killersOf.size} cases, ${brokenBackends.length} broken backends`;
    process.stdout.write(`${summary}\n${lines.join("\n")}\n`);

    const unkilled = [...killersOf].filter(([, killers]) => killers.length === 0).map(([id]) => id);
    expect({ unkilled, survivors, tooBroad }).toEqual({ unkilled: [], survivors: [], tooBroad: [] });
  },
);

test("ids of cases and of broken backends are unique and well-formed", () => {
  const ids = conformanceCases.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z-]+\/[a-z-]+$/);
  const brokenIds = brokenBackends.map(({ id }) => id);
  expect(new Set(brokenIds).size).toBe(brokenIds.length);
});
