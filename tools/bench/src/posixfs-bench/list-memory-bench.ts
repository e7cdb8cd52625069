import { runProbe } from "../measure/child.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import { openPosixfsStore } from "../subjects/ours.ts";
import { makeLinkedTree } from "./linked-tree.ts";

interface Answer {
  readonly count: number;
  readonly peakMiB: number;
}

/**
 * Measures how much memory a fresh process has had at most when it has listed so many items of two levels, in MiB,
 * all that Node.js itself takes included. Once: it hardly differs. Needs the built packages.
 */
export async function measureListMemory(itemCount: number, workspace: Workspace): Promise<Figure[]> {
  const directory = workspace.makeDirectory();
  // The store makes its storage itself, so that the tree is one that it accepts.
  await (await openPosixfsStore(directory)).close();
  makeLinkedTree(`${directory}/data`, itemCount);
  const figures: Figure[] = [];
  for (const [kind, what] of [
    ["names", "peak memory of list names only"],
    ["sizes", "peak memory of list with sizes"],
  ] as const) {
    const { count, peakMiB } = await runProbe<Answer>("list-probe.mjs", [directory, kind]);
    if (count !== itemCount) throw new Error(`the Store listed ${count} of ${itemCount} items`);
    figures.push({ bench: "posixfs", what, subject: "Store", callers: 1, unit: "MiB", rounds: [peakMiB] });
  }
  workspace.discard(directory);
  return figures;
}
