import { bars, checkBars, type BarResult } from "../bars.ts";
import { formatSize, type BenchOptions } from "../bench-options.ts";
import { measureCalls, type CallsPlan } from "../calls/measure-calls.ts";
import { Workspace } from "../measure/workspace.ts";
import { peerAdapters } from "../peers/adapters.ts";
import { openPeers } from "../peers/peers.ts";
import type { Output } from "../report/output.ts";
import { relate, type Figure } from "../report/report.ts";
import { posixfsBackend, posixfsStore } from "../subjects/ours.ts";
import { findPythonBorgstore } from "../subjects/python-borgstore.ts";
import { rawSync } from "../subjects/raw-sync.ts";
import type { Subject } from "../subjects/subject.ts";
import { measureListings } from "./list-bench.ts";
import { measureLoopDelay } from "./loop-delay-bench.ts";
import { countSystemCalls } from "./syscall-bench.ts";

const defaultCount = 4000;
const defaultSizes = [2 ** 10, 64 * 2 ** 10, 4 * 2 ** 20];
const parts = ["calls", "list", "loop", "syscalls"] as const;

/** Local files: each call, listings, the delay of the event loop, and system calls. */
export async function benchPosixfs(options: BenchOptions, output: Output): Promise<readonly BarResult[]> {
  using workspace = new Workspace(options.directory);
  output.note(`files on ${workspace.fileSystem}`);
  const figures: Figure[] = [];
  for (const part of parts) {
    if (!options.parts.includes(part)) continue;
    switch (part) {
      case "calls":
        figures.push(...(await benchCalls(options, output, workspace)));
        break;
      case "list":
        figures.push(...(await benchListings(options, output, workspace)));
        break;
      case "loop":
        figures.push(...(await benchLoopDelay(options, output)));
        break;
      case "syscalls":
        figures.push(...benchSystemCalls(output, workspace));
        break;
    }
  }
  return checkBars(
    bars.filter((bar) => bar.bench === "posixfs"),
    figures,
  );
}

async function benchCalls(options: BenchOptions, output: Output, workspace: Workspace): Promise<Figure[]> {
  const subjects = await chooseSubjects(options, output);
  const plan: CallsPlan = {
    bench: "posixfs",
    operations: ["store-new", "store", "replace", "load", "info", "list", "delete"],
    concurrencies: options.concurrencies ?? [1, 64],
    count: options.count ?? defaultCount,
    // About 1,000 calls a slice: the garbage of fewer might not be collected within.
    slices: 4,
    rounds: options.rounds,
  };
  const all: Figure[] = [];
  for (const size of options.sizes ?? defaultSizes) {
    const figures = await measureCalls(subjects, size, plan, workspace);
    const boundOf = ({ what }: Figure): Figure | undefined =>
      figures.find((other) => other.subject === rawSync.name && other.what === what);
    output.figures(
      `Calls with values of ${formatSize(size)}, ${workspace.fileSystem}`,
      relate(figures, boundOf),
    );
    all.push(...figures);
  }
  return all;
}

async function chooseSubjects(options: BenchOptions, output: Output): Promise<Subject[]> {
  const subjects = [rawSync, posixfsBackend, posixfsStore];
  const python = findPythonBorgstore();
  if (typeof python === "string") output.note(`without the reference: ${python}`);
  else subjects.push(python);
  if (!options.peers) return subjects;
  const onMissing = (name: string, reason: string): void => output.note(`without ${name}: ${reason}`);
  const peers = await openPeers(peerAdapters, onMissing);
  return [...subjects, ...peers];
}

async function benchListings(options: BenchOptions, output: Output, workspace: Workspace): Promise<Figure[]> {
  const listCount = options.listCount ?? 100_000;
  const figures = await measureListings(listCount, options.rounds, workspace);
  const boundOf = ({ what }: Figure): Figure | undefined =>
    figures.find((other) => other.subject.startsWith("find") && other.what === what);
  const heading = `Listing ${listCount} items over two levels, ${workspace.fileSystem}, ratio to find`;
  output.figures(heading, relate(figures, boundOf));
  return figures;
}

async function benchLoopDelay(options: BenchOptions, output: Output): Promise<Figure[]> {
  using disk = new Workspace(options.diskDirectory);
  const figures = await measureLoopDelay(options.count ?? defaultCount, options.rounds, disk);
  output.figures(
    `Delay of the event loop, ${disk.fileSystem}`,
    relate(figures, () => undefined),
  );
  return figures;
}

function benchSystemCalls(output: Output, workspace: Workspace): Figure[] {
  const figures = countSystemCalls(workspace);
  if (typeof figures === "string") {
    output.note(`system calls are not counted: ${figures}`);
    return [];
  }
  output.figures(
    "System calls of one call on the storage",
    relate(figures, () => undefined),
  );
  return figures;
}
