import type { Bar } from "../bars.ts";

const storeOverBackend = (call: string): Bar => ({
  bench: "core",
  kind: "added",
  what: call,
  subject: "Store",
  callers: 1,
  bound: { what: call, subject: "bare backend", callers: 1 },
  limit: 3,
});

/** The bars of core. */
export const coreBars: readonly Bar[] = ["store", "load", "info", "delete"].map(storeOverBackend);
