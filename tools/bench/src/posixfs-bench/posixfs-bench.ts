import { availableParallelism, loadavg } from "node:os";
import { bars, checkBars, type BarResult } from "../bars.ts";
import { formatSize, type BenchOptions } from "../bench-options.ts";
import { growthCounts } from "../calls/growth-counts.ts";
import { atSmallest } from "../calls/measure-growth.ts";
import { builtEntry } from "../measure/built-packages.ts";
import { fileSystemOf } from "../measure/machine.ts";
import { roomIn } from "../measure/room.ts";
import { Workspace } from "../measure/workspace.ts";
import type { Output } from "../report/output.ts";
import { relate, type Figure } from "../report/report.ts";
import { rawSync } from "../subjects/raw-sync.ts";
import { benchCalls } from "./calls-bench.ts";
import { byHand, measureDurableStores } from "./durable-bench.ts";
import { measureFileGrowth, storeWithoutKernel } from "./growth-bench.ts";
import { measureListings } from "./list-bench.ts";
import { measureListMemory } from "./list-memory-bench.ts";
import { measureLoopDelay } from "./loop-delay-bench.ts";
import { measureStreams } from "./stream-bench.ts";
import { handSyncs, measureSync } from "./sync-bench.ts";
import { countSystemCalls } from "./syscall-bench.ts";

const defaultCount = 4000;
const defaultListCount = 100_000;
/** The large storage has so many times the items of a listing. */
const timesOfList = 10;
const defaultSyncCount = 10_000;
/** A stream is so many large values long: 8 GiB by default. */
const largeSizesOfStream = 128;
/** There is room for a stream where its value fits twice, and a bit is left. */
const timesOfRoom = 2.25;

type Part = (options: BenchOptions, output: Output, workspace: Workspace) => Promise<readonly Figure[]>;

/** What is measured, by the name of the part, in the order of running. */
const parts: ReadonlyMap<BenchOptions["parts"][number], Part> = new Map([
  ["calls", benchCalls],
  ["list", benchListings],
  ["loop", benchLoopDelay],
  ["durable", benchDurable],
  ["streams", benchStreams],
  ["growth", benchGrowth],
  ["syscalls", benchSystemCalls],
]);

/** Local files: each call, listings, durability, large values, large storages, the event loop, and system calls. */
export async function benchPosixfs(options: BenchOptions, output: Output): Promise<readonly BarResult[]> {
  using workspace = new Workspace(options.directory);
  output.note(`files on ${workspace.fileSystem}`);
  noteLoad(output);
  const figures: Figure[] = [];
  for (const [name, bench] of parts) {
    if (options.parts.includes(name)) figures.push(...(await bench(options, output, workspace)));
  }
  return checkBars(
    bars.filter((bar) => bar.bench === "posixfs"),
    figures,
  );
}

async function benchListings(options: BenchOptions, output: Output, workspace: Workspace): Promise<Figure[]> {
  const listCount = options.listCount ?? defaultListCount;
  const figures = await measureListings(listCount, options.rounds, workspace);
  const boundOf = ({ what }: Figure): Figure | undefined =>
    figures.find((other) => other.subject.startsWith("find") && other.what === what);
  const heading = `Listing ${listCount} items over two levels, ${workspace.fileSystem}, ratio to find`;
  output.figures(heading, relate(figures, boundOf));
  if (!isBuilt(output, "the memory that a listing takes")) return figures;
  const manyItems = listCount * timesOfList;
  const memory = await measureListMemory(manyItems, workspace);
  output.figures(
    `Listing ${manyItems} items over two levels in a fresh process, ${workspace.fileSystem}`,
    relate(memory, withoutBound),
  );
  return [...figures, ...memory];
}

async function benchLoopDelay(options: BenchOptions, output: Output): Promise<Figure[]> {
  using disk = new Workspace(options.diskDirectory);
  const figures = await measureLoopDelay(options.count ?? defaultCount, options.rounds, disk);
  output.figures(`Delay of the event loop, ${disk.fileSystem}`, relate(figures, withoutBound));
  return figures;
}

async function benchDurable(options: BenchOptions, output: Output): Promise<Figure[]> {
  using disk = new Workspace(options.diskDirectory);
  if (disk.fileSystem === "tmpfs") {
    output.note("--disk-dir is in memory, where syncing does nothing: what is durable is not measured there");
    return [];
  }
  const storeCount = Math.ceil((options.count ?? defaultCount) / 4);
  const stores = await measureDurableStores(storeCount, options.rounds, disk);
  output.figures(
    `Durable stores into directories that are there, 16 in flight, ${disk.fileSystem}`,
    relate(stores, () => stores.find(({ subject }) => subject === byHand)),
  );
  const syncCount = options.count ?? defaultSyncCount;
  const syncs = await measureSync(syncCount, options.rounds, disk);
  output.figures(
    `sync() after ${syncCount} stores of 1KiB, ${disk.fileSystem}, ratio to the same files and directories by hand`,
    relate(syncs, () => syncs.find(({ subject }) => subject === handSyncs.callbacks)),
  );
  return [...stores, ...syncs];
}

async function benchStreams(options: BenchOptions, output: Output): Promise<Figure[]> {
  if (!isBuilt(output, "streams")) return [];
  const byteLength = options.largeSize * largeSizesOfStream;
  const place = [options.directory, options.diskDirectory].find(
    (directory) => roomIn(directory, fileSystemOf(directory)) > timesOfRoom * byteLength,
  );
  if (place === undefined) {
    output.note(`streams are not measured: there is no room for ${formatSize(byteLength)} twice`);
    return [];
  }
  using streamed = new Workspace(place);
  const figures = await measureStreams(byteLength, options.rounds, streamed);
  const boundOf = ({ what }: Figure): Figure | undefined =>
    figures.find((other) => other.subject === "cp" && other.what === what);
  output.figures(
    `A value of ${formatSize(byteLength)} in a stream, from a file and to a file on the same ${streamed.fileSystem}, ` +
      "ratio to cp --reflink=never --sparse=never",
    relate(figures, boundOf),
  );
  return figures;
}

async function benchGrowth(options: BenchOptions, output: Output, workspace: Workspace): Promise<Figure[]> {
  const counts = growthCounts((options.listCount ?? defaultListCount) * timesOfList);
  const figures = await measureFileGrowth(counts, options.rounds, workspace);
  const find = (what: string, subject: string): Figure | undefined =>
    figures.find((other) => other.what === what && other.subject === subject);
  const items = `${counts[0]} to ${counts.at(-1)} items`;
  const calls = figures.filter(({ subject }) => subject !== storeWithoutKernel);
  output.figures(
    `Calls as a storage grows: ${items} over two levels, ${workspace.fileSystem}, ratio to raw-sync`,
    relate(calls, ({ what }) => find(what, rawSync.name)),
  );
  const grown = figures.filter(({ subject }) => subject === storeWithoutKernel);
  output.figures(
    "What of that is not the kernel's, ratio to the smallest storage",
    relate(grown, (figure) => atSmallest({ ...figure, subject: "Store" }, figures)),
  );
  return figures;
}

async function benchSystemCalls(_: BenchOptions, output: Output, workspace: Workspace): Promise<Figure[]> {
  const figures = countSystemCalls(workspace);
  if (typeof figures === "string") {
    output.note(`system calls are not counted: ${figures}`);
    return [];
  }
  output.figures("System calls of one call on the storage", relate(figures, withoutBound));
  return figures;
}

/** A storage whose calls are held up goes to the thread pool for 30 s, whoever holds them up. */
function noteLoad(output: Output): void {
  const [load = 0] = loadavg();
  const cores = availableParallelism();
  if (load < cores / 2) return;
  output.note(
    `the machine is busy (load ${load.toFixed(1)} on ${cores} cores): our calls may have gone to the thread pool, ` +
      "which processor time shows as well; run again when it is idle",
  );
}

function withoutBound(): undefined {
  return undefined;
}

/** Whether programs of this package can run in fresh processes, which take the built packages; says so when not. */
function isBuilt(output: Output, what: string): boolean {
  const built = ["@borgstore/core", "@borgstore/backend-posixfs"].every(
    (name) => builtEntry(name) !== undefined,
  );
  if (!built) output.note(`${what}: not measured, the packages are not built`);
  return built;
}
