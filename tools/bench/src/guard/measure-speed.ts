import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { measureCalls } from "../calls/measure-calls.ts";
import { bareSubject, measureCoreCalls } from "../core-bench/call-bench.ts";
import { interleave, repeatRounds, type LaneRounds } from "../measure/interleave.ts";
import { makeKeys } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import { openPosixfsStore } from "../subjects/ours.ts";
import { makeTree, rawSync } from "../subjects/raw-sync.ts";
import type { Subject } from "../subjects/subject.ts";
import type { Pair, Taken } from "./speed-limits.ts";

const rounds = 5;
const storeKeys = 600;
const listRounds = 4;
const itemsInDirectory = 20;

/** A file system in memory where there is one: disks are too unsteady. */
export function quickDirectory(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}

/** Measures so many calls with values of 1 KiB beside the bare system calls, by operation. */
export async function measureFileCalls(
  subject: Subject,
  workspace: Workspace,
  count = 400,
): Promise<Map<string, Pair>> {
  const operations = ["store-new", "store", "load", "info", "delete"] as const;
  const plan = { bench: "guard", operations, concurrencies: [1], count, slices: 2, rounds };
  const figures = await measureCalls([rawSync, subject], 1024, plan, workspace);
  return pairUp(
    figures,
    rawSync.name,
    subject.name,
    operations.map((operation) => [operation, `${operation} 1KiB`]),
  );
}

/** Measures the Store above a backend that does nothing beside that backend alone, by operation. */
export async function measureStoreCalls(): Promise<Map<string, Pair>> {
  const figures = await measureCoreCalls(makeKeys(storeKeys), rounds);
  const operations = ["store", "load", "info", "delete"];
  return pairUp(
    figures,
    bareSubject,
    "Store",
    operations.map((operation) => [operation, operation]),
  );
}

function pairUp(
  figures: readonly Figure[],
  bound: string,
  subject: string,
  names: readonly (readonly [name: string, what: string])[],
): Map<string, Pair> {
  const takenBy = (name: string, wanted: string): Taken => {
    const figure = figures.find(({ what, subject: of }) => what === wanted && of === name);
    if (figure?.cpuRounds === undefined) throw new Error(`${name} has no figure for ${wanted}`);
    return { us: figure.rounds, cpuUs: figure.cpuRounds };
  };
  return new Map(
    names.map(([name, what]) => [name, { taken: takenBy(subject, what), bound: takenBy(bound, what) }]),
  );
}

/**
 * Measures listings of the Store beside `find`, each in all: of `names` and with `sizes`. The processor time of `find`
 * is not known here: its shortest elapsed time stands for it, which is a little more.
 */
export async function measureLists(itemCount: number, workspace: Workspace): Promise<Map<string, Pair>> {
  const directory = workspace.makeDirectory();
  // The store makes its storage itself, so that the tree is one that it accepts.
  await using store = await openPosixfsStore(directory);
  makeTree(`${directory}/data`, makeKeysSideBySide(itemCount), new Uint8Array(16));
  const list = async (sizes: boolean): Promise<void> => {
    let count = 0;
    for await (const _ of store.list("data", { sizes })) count++;
    if (count !== itemCount) throw new Error(`${count} of ${itemCount} items were listed`);
  };
  const kinds = [false, true];
  const ways = kinds.flatMap((sizes) => [() => runFind(`${directory}/data`, sizes), () => list(sizes)]);
  const values = await repeatRounds(listRounds, async () => await interleave(ways, 1, timed));
  workspace.discard(directory);
  return new Map(
    kinds.map((sizes, at) => [sizes ? "sizes" : "names", pairOfLists(values[2 * at], values[2 * at + 1])]),
  );
}

function pairOfLists(found: LaneRounds | undefined, listed: LaneRounds | undefined): Pair {
  if (found === undefined || listed === undefined) throw new Error("nothing was measured");
  const shortest = found.ms.map(() => toUs(Math.min(...found.ms)));
  return {
    taken: { us: listed.ms.map(toUs), cpuUs: listed.cpuMs.map(toUs) },
    bound: { us: found.ms.map(toUs), cpuUs: shortest },
  };
}

/** Keys of which so many share their directories: else there are almost as many directories as items. */
function makeKeysSideBySide(count: number): string[] {
  const keys = makeKeys(count, "list");
  return keys.map((key, at) => {
    const first = keys[at - (at % itemsInDirectory)] ?? key;
    return first.slice(0, 4) + key.slice(4);
  });
}

function toUs(ms: number): number {
  return ms * 1000;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function runFind(directory: string, sizes: boolean): Promise<void> {
  const format = sizes ? ["-printf", "%s\\n"] : [];
  const child = spawn("find", [directory, "-type", "f", ...format], { stdio: "ignore" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`find ended with ${code}`);
}
