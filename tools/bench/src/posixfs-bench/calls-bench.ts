import { formatSize, type BenchOptions } from "../bench-options.ts";
import { measureCalls, type CallsPlan } from "../calls/measure-calls.ts";
import { median } from "../measure/statistics.ts";
import type { Workspace } from "../measure/workspace.ts";
import { peerAdapters } from "../peers/adapters.ts";
import { openPeers } from "../peers/peers.ts";
import type { Output } from "../report/output.ts";
import { relate, type Figure } from "../report/report.ts";
import { posixfsBackend, posixfsStore } from "../subjects/ours.ts";
import { findPythonBorgstore } from "../subjects/python-borgstore.ts";
import { rawPool } from "../subjects/raw-pool.ts";
import { rawSync } from "../subjects/raw-sync.ts";
import type { Subject } from "../subjects/subject.ts";

const sizes = [2 ** 10, 64 * 2 ** 10, 4 * 2 ** 20];
/** From here on copying is what costs: the thread pool is a bound too, and a few calls take as long as many small. */
const largeBytes = 64 * 2 ** 10;
/** A slice of large values holds at least so many for each caller, so that most of the time all callers are at it. */
const keysPerCaller = 2;
const bytesOfLarge = 128 * 2 ** 20;
/** About 1,000 calls a slice: the garbage of fewer might not be collected within. */
const callsPerSlice = 1000;
const defaultCount = 4000;
const manyCallers = 16;

type SizePlan = Pick<CallsPlan, "operations" | "concurrencies" | "count" | "slices" | "garbage">;

/** Measures each call with values of each length, in tables of their own. */
export async function benchCalls(
  options: BenchOptions,
  output: Output,
  workspace: Workspace,
): Promise<Figure[]> {
  const subjects = await chooseSubjects(options, output, workspace);
  const all: Figure[] = [];
  for (const size of options.sizes ?? sizes) {
    const isLarge = size >= largeBytes;
    const plan = { bench: "posixfs", rounds: options.rounds, ...planFor(size, options) };
    const bounds = isLarge ? [rawSync, rawPool] : [rawSync];
    const figures = await measureCalls([...bounds, ...subjects], size, plan, workspace);
    const against = isLarge ? "the faster of raw-sync and raw-pool with as many callers" : "raw-sync";
    output.figures(
      `Calls with values of ${formatSize(size)}, ${workspace.fileSystem}, ratio to ${against}`,
      relate(figures, (figure) => boundOf(figure, figures)),
    );
    all.push(...figures);
    if (isLarge) all.push(...bestByHand(figures));
  }
  return all;
}

/** What is measured with values of a length, where the command line does not say otherwise. */
export function planFor(size: number, options: Pick<BenchOptions, "concurrencies" | "count">): SizePlan {
  if (size < largeBytes) {
    const count = options.count ?? defaultCount;
    return {
      operations: ["store-new", "store", "replace", "load", "info", "list", "delete"],
      concurrencies: options.concurrencies ?? [1, manyCallers, 64],
      count,
      slices: Math.max(4, Math.ceil(count / callsPerSlice)),
    };
  }
  const concurrencies = options.concurrencies ?? [1, manyCallers];
  const count = Math.min(options.count ?? 512, Math.max(8, Math.floor(bytesOfLarge / size)));
  const perSlice = keysPerCaller * Math.max(...concurrencies);
  return {
    operations: ["store-new", "store", "load", "delete"],
    concurrencies,
    count,
    slices: Math.max(1, Math.min(4, Math.floor(count / perSlice))),
    garbage: "major",
  };
}

/** The subject that bars of large values refer to, see {@link boundOf}. */
export const fasterRaw = "the faster raw";

/** The bound of each figure of `raw-pool` as a figure of its own, for bars: these name one subject. */
export function bestByHand(figures: readonly Figure[]): Figure[] {
  return figures
    .filter(({ subject }) => subject === rawPool.name)
    .flatMap((figure) => {
      const bound = boundOf(figure, figures);
      return bound === undefined ? [] : [{ ...bound, subject: fasterRaw, callers: figure.callers }];
    });
}

/** The faster of the two bounds: with one caller where the calls block, else with as many as the figure has. */
export function boundOf(figure: Figure, figures: readonly Figure[]): Figure | undefined {
  const bounds = figures.filter(
    ({ what, subject, callers }) =>
      what === figure.what &&
      (subject === rawSync.name || (subject === rawPool.name && callers === figure.callers)),
  );
  return bounds.toSorted((a, b) => median(a.rounds) - median(b.rounds))[0];
}

async function chooseSubjects(
  options: BenchOptions,
  output: Output,
  workspace: Workspace,
): Promise<Subject[]> {
  const subjects = [posixfsBackend, posixfsStore];
  const python = findPythonBorgstore();
  if (typeof python === "string") output.note(`without the reference: ${python}`);
  else {
    if (python.note !== undefined) output.note(python.note);
    // Its threads only wait for each other: what bars need, and no more.
    subjects.push(options.concurrencies === undefined ? { ...python, callers: [1, manyCallers] } : python);
  }
  if (!options.peers) return subjects;
  const onMissing = (name: string, reason: string): void => output.note(`without ${name}: ${reason}`);
  const peers = await openPeers(peerAdapters, onMissing, workspace);
  return [...subjects, ...peers];
}
