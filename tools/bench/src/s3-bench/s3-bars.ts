import type { Bar } from "../bars.ts";
import { rcloneProgram } from "../large/rclone-program.ts";
import { againstPeers } from "../peers/peer-bars.ts";
import { s3PeerNames } from "../peers/s3-adapters.ts";

const bare = "bare SDK";
const reference = "python borgstore";
/** opendal is a client of its own in Rust: it is measured, but the SDK of JavaScript cannot be as fast. */
const jsPeers = s3PeerNames.filter((name) => name !== "opendal");

const againstBare = (what: string, callers: number): Bar => ({
  bench: "s3",
  kind: "ratio",
  what,
  callers,
  subject: "Store",
  bound: { what, callers, subject: bare },
  limit: 1.1,
});

/** The reference does one thing after the other, so 32 callers of ours are held against its only one. */
const againstReference = (what: string): Bar => ({
  bench: "s3",
  kind: "ratio",
  what,
  callers: 32,
  subject: "Store",
  bound: { what, callers: 1, subject: reference },
  limit: 1 / 5,
});

/** At least 0.9 times the speed of the `rclone` program. */
const againstProgram = (what: string): Bar => ({
  bench: "s3",
  kind: "ratio",
  what,
  callers: 1,
  subject: "Store",
  bound: { what, callers: 1, subject: rcloneProgram },
  limit: 1 / 0.9,
});

/** The bars of S3, against a RADOS Gateway on the same machine. */
export const s3Bars: readonly Bar[] = [
  ...["1KiB", "1MiB"].flatMap((size) =>
    [1, 16, 64].flatMap((callers) =>
      ["store", "load"].map((call) => againstBare(`${call} ${size}`, callers)),
    ),
  ),
  ...[1, 16, 64].map((callers) => againstBare("info 1KiB", callers)),
  againstBare("list", 1),
  ...["store 1KiB", "load 1KiB"].map(againstReference),
  ...["store 64MiB", "load 64MiB"].map(againstProgram),
  ...["store", "load", "info", "delete"].flatMap((call) =>
    [1, 16].map((callers) => againstPeers("s3", `${call} 1KiB`, callers, jsPeers)),
  ),
];
