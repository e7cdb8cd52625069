import type { Bar } from "../bars.ts";
import { growingCalls, growthName } from "../calls/measure-growth.ts";
import { addedBySize } from "./byte-bench.ts";
import { emptyModule } from "./import-time.ts";
import { storeAboveMap } from "./memory-growth-bench.ts";
import { dependenciesOf } from "./size-bench.ts";

const storeOverBackend = (call: string): Bar => ({
  bench: "core",
  kind: "added",
  what: call,
  subject: "Store",
  callers: 1,
  bound: { what: call, subject: "bare backend", callers: 1 },
  limit: 3,
});

/** What the Store adds must not depend on the length of the value; 1 µs is noise. */
const withoutBytes = (call: string): Bar => ({
  bench: "core",
  kind: "added",
  what: `added to ${call}`,
  subject: addedBySize(2 ** 20),
  callers: 1,
  bound: { what: `added to ${call}`, subject: addedBySize(2 ** 10), callers: 1 },
  limit: 1,
});

/** What Store and memory backend take above a bare Map must not depend on the number of items; 1 µs is noise. */
const growth = (call: string): Bar => ({
  bench: "core",
  kind: "added",
  what: growthName(call, 1000),
  subject: storeAboveMap,
  callers: 1,
  bound: { what: growthName(call, 1), subject: storeAboveMap, callers: 1 },
  limit: 1,
});

/** The bars of core. */
export const coreBars: readonly Bar[] = [
  ...["store", "load", "info", "delete"].map(storeOverBackend),
  ...["store", "load"].map(withoutBytes),
  ...growingCalls.map(growth),
  {
    bench: "core",
    kind: "added",
    what: "import",
    subject: "@borgstore/core",
    callers: 1,
    bound: { what: "import", subject: emptyModule, callers: 1 },
    limit: 10,
  },
  { bench: "core", kind: "exact", what: dependenciesOf, subject: "@borgstore/core", callers: 1, limit: 0 },
];
