import type { Bar } from "../bars.ts";

const bare = "bare HTTP";
const reference = "python borgstore";

const against = (bound: string, what: string, callers: number, limit: number): Bar => ({
  bench: "rclone",
  kind: "ratio",
  what,
  callers,
  subject: "Store",
  bound: { what, callers, subject: bound },
  limit,
});

const calls = [
  ...["store", "load", "info", "delete"].map((call) => `${call} 1KiB`),
  ...["64KiB", "1MiB"].flatMap((size) => ["store", "load"].map((call) => `${call} ${size}`)),
];

/** The bars of rclone, against a directory of the same machine. */
export const rcloneBars: readonly Bar[] = [
  ...calls.flatMap((what) => [1, 16].map((callers) => against(bare, what, callers, 1.15))),
  against(bare, "list", 1, 1.15),
  // A third of the time at most: the reference makes a connection for each request.
  ...["store 1KiB", "load 1KiB"].map((what) => against(reference, what, 16, 1 / 3)),
];
