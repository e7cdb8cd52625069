import type { Bar } from "../bars.ts";
import { growingCalls, growthName } from "../calls/measure-growth.ts";
import { peerAdapters } from "../peers/adapters.ts";
import { againstPeers } from "../peers/peer-bars.ts";
import { pythonSubject } from "../subjects/python-borgstore.ts";
import { rawSync } from "../subjects/raw-sync.ts";
import { fasterRaw } from "./calls-bench.ts";
import { byHand } from "./durable-bench.ts";
import { storeWithoutKernel } from "./growth-bench.ts";
import { handSyncs } from "./sync-bench.ts";

/**
 * How much slower 64 callers may be than one before it counts: between two measurements of one and the same
 * thing in one run there is up to a tenth.
 */
const noise = 1.1;

/** A bar of the Store's figures. */
type StoreBar = Omit<Bar, "bench" | "subject" | "callers">;

const storeBar = (callers: number, bar: StoreBar): Bar => ({
  bench: "posixfs",
  subject: "Store",
  callers,
  ...bar,
});

/** A ratio to the same call of another subject, by default with as many callers. */
const ratioTo = (
  subject: string,
  what: string,
  callers: number,
  limit: number,
  boundCallers = callers,
): Bar => storeBar(callers, { kind: "ratio", what, bound: { what, subject, callers: boundCallers }, limit });

const absolute = (what: string, limit: number, callers = 1): Bar =>
  storeBar(callers, { kind: "absolute", what, limit });

const oneCaller = (call: string, limit: number): Bar => ratioTo(rawSync.name, `${call} 1KiB`, 1, limit);

const manyCallers = (call: string): Bar => ratioTo("Store", `${call} 1KiB`, 64, noise, 1);

/** How many times as fast as the reference. */
const fasterThanPython = (call: string, callers: number, times: number): Bar =>
  ratioTo(pythonSubject, `${call} 1KiB`, callers, 1 / times);

const largeValues = (size: string): Bar[] =>
  ["store", "load"].flatMap((call) =>
    [1, 16].map((callers) => ratioTo(fasterRaw, `${call} ${size}`, callers, 1.15)),
  );

const systemCalls = (call: string, limit: number): Bar =>
  storeBar(1, { kind: "exact", what: `system calls of ${call}`, limit });

/** What the largest storage costs more than the smallest beyond what the kernel takes more. */
const growth = (call: string): Bar => ({
  bench: "posixfs",
  kind: "ratio",
  what: growthName(call, 1000),
  subject: storeWithoutKernel,
  callers: 1,
  bound: { what: growthName(call, 1), subject: "Store", callers: 1 },
  limit: 1.25,
});

/** Those that keep a file per key: cacache keeps one per content, and all values here are the same. */
const filePerKey = [...peerAdapters.keys()].filter((name) => name !== "cacache");

const peerBars = (calls: readonly string[], size: string, callers: readonly number[]): Bar[] =>
  calls.flatMap((call) =>
    callers.map((count) => againstPeers("posixfs", `${call} ${size}`, count, filePerKey)),
  );

/** The bars of local files, on a file system in memory unless the name says otherwise. */
export const posixfsBars: readonly Bar[] = [
  oneCaller("store-new", 1.25),
  oneCaller("store", 1.25),
  oneCaller("load", 1.4),
  { ...oneCaller("info", 1.5), orAddedUs: 3 },
  oneCaller("delete", 1.3),
  ...["store", "load", "info", "delete"].map(manyCallers),
  ...largeValues("64KiB"),
  ...largeValues("4MiB"),
  fasterThanPython("store", 1, 1.7),
  ...["store", "load", "info", "delete"].map((call) => fasterThanPython(call, 16, 3)),
  ratioTo("find", "list names only", 1, 1.25),
  ratioTo("find -printf %s", "list with sizes", 1, 1.25),
  absolute("first item of a list", 5),
  absolute("peak memory of list names only", 150),
  absolute("peak memory of list with sizes", 150),
  absolute("p99 delay of the event loop, store 1KiB on disk", 5, 64),
  ratioTo(byHand, "durable store 1KiB", 16, 1.3),
  { ...ratioTo(handSyncs.callbacks, "sync() after stores of 1KiB", 16, 1.3), orBound: handSyncs.syncCalls },
  ...["storeStream", "loadStream"].map((what) => ratioTo("cp", what, 1, 1 / 0.9)),
  absolute("peak memory of storeStream", 120),
  absolute("peak memory of loadStream", 120),
  ...peerBars(["store-new", "store", "replace", "load", "info", "delete"], "1KiB", [1, 16, 64]),
  ...peerBars(["list"], "1KiB", [1]),
  ...["64KiB", "4MiB"].flatMap((size) => peerBars(["store-new", "store", "load", "delete"], size, [1, 16])),
  ...growingCalls.map(growth),
  systemCalls("store 1KiB", 4),
  systemCalls("load 1KiB", 3),
  systemCalls("load 64KiB", 3),
  systemCalls("info 1KiB", 1),
];
