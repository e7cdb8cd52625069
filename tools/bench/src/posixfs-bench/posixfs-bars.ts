import type { Bar } from "../bars.ts";

/**
 * How much slower 64 callers may be than one before it counts: between two measurements of one and the same
 * thing in one run there is up to a tenth.
 */
const noise = 1.1;

const oneCaller = (call: string, limit: number, orAddedUs?: number): Bar => ({
  bench: "posixfs",
  kind: "ratio",
  what: `${call} 1KiB`,
  subject: "Store",
  callers: 1,
  bound: { what: `${call} 1KiB`, subject: "raw-sync", callers: 1 },
  limit,
  ...(orAddedUs === undefined ? {} : { orAddedUs }),
});

const manyCallers = (call: string): Bar => ({
  bench: "posixfs",
  kind: "ratio",
  what: `${call} 1KiB`,
  subject: "Store",
  callers: 64,
  bound: { what: `${call} 1KiB`, subject: "Store", callers: 1 },
  limit: noise,
});

const systemCalls = (call: string, limit: number): Bar => ({
  bench: "posixfs",
  kind: "exact",
  what: `system calls of ${call}`,
  subject: "Store",
  callers: 1,
  limit,
});

/** The bars of local files, on a file system in memory unless the name says otherwise. */
export const posixfsBars: readonly Bar[] = [
  oneCaller("store-new", 1.25),
  oneCaller("store", 1.25),
  oneCaller("load", 1.4),
  oneCaller("info", 1.5, 3),
  oneCaller("delete", 1.3),
  ...["store", "load", "info", "delete"].map(manyCallers),
  {
    bench: "posixfs",
    kind: "ratio",
    what: "list with sizes",
    subject: "Store",
    callers: 1,
    bound: { what: "list with sizes", subject: "find -printf %s", callers: 1 },
    limit: 1.25,
  },
  {
    bench: "posixfs",
    kind: "absolute",
    what: "p99 delay of the event loop, store 1KiB on disk",
    subject: "Store",
    callers: 64,
    limit: 5,
  },
  systemCalls("store 1KiB", 4),
  systemCalls("load 1KiB", 3),
  systemCalls("load 64KiB", 3),
  systemCalls("info 1KiB", 1),
];
