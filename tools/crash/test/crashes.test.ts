import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { everyScope, fullScope } from "@borgstore/tools-peers";
import { afterAll, describe, expect, test } from "vitest";
import { itemsOf, startImage } from "../src/crash-run.ts";
import { enumerateCrashes } from "../src/enumerate-crashes.ts";
import { initialItems, operations, sequences, syncing, type Items } from "../src/operations.ts";
import { seededRandom } from "../src/seeded-random.ts";
import { layOut, type DiskImage } from "../src/simulated-disk.ts";

const parent = mkdtempSync(path.join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "borgstore-crash-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const victim = fileURLToPath(new URL("../dist/victim.js", import.meta.url));
const random = seededRandom(42);
const withSync = [...sequences(2)].filter((sequence) => sequence.includes(syncing));
const modes = (["each", "sync", "none"] as const).flatMap((durability) =>
  (["sync", "pool"] as const).map((io) => ({ durability, io })),
);

describe("crashes at every moment of every operation", () => {
  test.each(modes)(
    "keep what durability $durability promises, with io $io",
    async (options) => {
      const report = await enumerateCrashes({
        parent,
        sequences: [...sequences(1), ...withSync],
        options,
        randomTrials: 2,
        random,
      });
      expect(report.examples).toEqual([]);
      for (const { crashes, violations } of Object.values(report.counts)) {
        expect(crashes).toBeGreaterThan(100);
        expect(violations).toBe(0);
      }
      const torn = Object.values(report.counts).reduce((sum, counts) => sum + counts.torn, 0);
      expect(torn === 0).toBe(options.durability === "each");
    },
    120_000,
  );

  test("are noticed when less is done than promised", async () => {
    for (const [done, promised] of [
      ["none", "sync"],
      ["none", "each"],
      ["sync", "each"],
    ] as const) {
      const report = await enumerateCrashes({
        parent,
        sequences: withSync,
        options: { durability: done },
        promised,
        randomTrials: 1,
        random,
      });
      expect(report.counts["process"].violations).toBe(0);
      expect(report.counts["all-lost"].violations, `${done} for ${promised}`).toBeGreaterThan(0);
      expect(report.counts["names-kept"].violations, `${done} for ${promised}`).toBeGreaterThan(0);
    }
  }, 120_000);
});

/** Runs the operation in a child that kills itself before its `count`-th call; what is left, and whether it ended. */
async function killed(name: string, count: number): Promise<{ found: Items; ended: boolean }> {
  const root = mkdtempSync(path.join(parent, "victim-"));
  layOut(startImage(), root);
  const { status, signal, stderr } = spawnSync(process.execPath, [victim, root, name, String(count)], {
    encoding: "utf8",
    timeout: 120_000,
  });
  if (status !== 0 && signal !== "SIGKILL") throw new Error(`the victim failed: ${stderr}`);
  const found = await itemsOf(parent, imageOf(root));
  rmSync(root, { recursive: true });
  return { found, ended: status === 0 };
}

describe("a process that kills itself in the middle of an operation", () => {
  const tried = operations.filter(({ name }) =>
    ["store new", "replace", "store if absent", "move", "undelete"].includes(name),
  );

  // Every kill is the start of a Node: of most operations every other moment is tried.
  const full = fullScope("the order of calls decides, which is enumerated above");

  for (const operation of tried) {
    const { isLeftOut, tag } = operation.name === "replace" ? everyScope : full;
    const step = operation.name === "replace" ? 1 : 2;
    test.skipIf(isLeftOut)(
      `leaves the items as they were or as they should be: ${operation.name}${tag}`,
      async () => {
        const after = operation.expected(initialItems) ?? initialItems;
        const whole = [initialItems, after];
        // Moving where nothing may be replaced gives the new name before it takes the old one.
        if (operation.name === "undelete") whole.push(new Map([...initialItems, ...after]));
        let kills = 0;
        let outcome = await killed(operation.name, kills);
        while (!outcome.ended) {
          expect(whole).toContainEqual(outcome.found);
          kills += step;
          outcome = await killed(operation.name, kills);
        }
        expect(outcome.found).toEqual(after);
        expect(kills).toBeGreaterThan(2);
      },
      300_000,
    );
  }
});

function imageOf(root: string): DiskImage {
  const files = new Map<string, Uint8Array>();
  const directories = new Set<string>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const name = path.relative(root, path.join(entry.parentPath, entry.name));
    if (entry.isDirectory()) directories.add(name);
    else files.set(name, readFileSync(path.join(root, name)));
  }
  return { files, directories };
}
