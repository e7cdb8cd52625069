import type { Bar } from "../bars.ts";
import { rcloneProgram } from "../large/rclone-program.ts";

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

/** At least 0.9 times the speed of the program. */
const againstProgram = (what: string): Bar => against(rcloneProgram, what, 1, 1 / 0.9);

/** The bars of rclone, against a directory of the same machine. */
export const rcloneBars: readonly Bar[] = [
  ...calls.flatMap((what) => [1, 16].map((callers) => against(bare, what, callers, 1.15))),
  against(bare, "list", 1, 1.15),
  ...["store 64MiB", "load 64MiB"].map(againstProgram),
  // A third of the time at most: the reference makes a connection for each request.
  ...["store 1KiB", "load 1KiB"].map((what) => against(reference, what, 16, 1 / 3)),
];
