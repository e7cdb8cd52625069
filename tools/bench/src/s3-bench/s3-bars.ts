import type { Bar } from "../bars.ts";

const bare = "bare SDK";
const reference = "python borgstore";

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
];
