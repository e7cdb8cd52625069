import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requirePeer } from "@borgstore/tools-peers";
import { beforeAll, describe, expect, test } from "vitest";
import { traceScenarios, type CallCounts } from "../../src/guard/traced-calls.ts";
import { straceWorks } from "../../src/posixfs-bench/syscall-bench.ts";

// Every system call of every operation, through the Store over local files: one more is a decision, not an accident.
// The storages have two levels of directories; each key has both of them for itself.

const strace = requirePeer("strace", straceWorks(), "it is missing or not allowed");
const calls = 20;

/** What a scenario of `syscall-probe.mjs` costs. */
interface Expected {
  readonly scenario: string;
  /** For each key. */
  readonly each?: CallCounts;
  /** In all, in addition. */
  readonly once?: CallCounts;
  readonly why: string;
}

const store = { open: 1, write: 1, close: 1, rename: 1 };
const load = { open: 1, read: 1, close: 1 };
/** The C library looks whether it is one, and reads until nothing more comes. */
const readDirectory = { open: 1, stat: 1, getdents: 2, close: 1 };
const syncOne = { open: 1, fsync: 1, close: 1 };

function times(count: number, counts: CallCounts): CallCounts {
  return Object.fromEntries(Object.entries(counts).map(([kind, number]) => [kind, count * number]));
}

function add(...all: readonly CallCounts[]): CallCounts {
  const sum: Record<string, number> = {};
  for (const [kind, count] of all.flatMap((counts) => Object.entries(counts))) {
    sum[kind] = (sum[kind] ?? 0) + count;
  }
  return sum;
}

const table: readonly Expected[] = [
  {
    scenario: "store 1KiB",
    each: store,
    why: "open a temporary file with O_EXCL, write, close, rename: the least for a store that is whole or not at all",
  },
  { scenario: "store 64KiB", each: store, why: "the same, by one write" },
  { scenario: "store, replacing", each: store, why: "nobody asks whether it is there: rename replaces" },
  {
    scenario: "store, last directory missing",
    each: add(store, { open: 1, mkdir: 1 }),
    why: "the open that finds out, and the directory",
  },
  {
    scenario: "store, both directories missing",
    each: add(store, { open: 1, mkdir: 3 }),
    once: { mkdir: 2 },
    why: "the lower directory in vain, then the upper, then the lower; once the same for the namespace's own",
  },
  {
    scenario: "store, if absent",
    each: { stat: 1, open: 1, write: 1, close: 1, link: 1, unlink: 1 },
    why: "a look that spares the writing; link fails where something is, and leaves the temporary name to be removed",
  },
  {
    scenario: "store, each durable",
    each: add(store, { fsync: 1 }, syncOne),
    why: "the file before it gets its name, its directory after; those above were durable before",
  },
  { scenario: "load 1KiB", each: load, why: "a read of up to 64 KiB that sees the end needs no size" },
  { scenario: "load 64KiB", each: load, why: "the same: the buffer has one byte more" },
  {
    scenario: "load 128KiB",
    each: add(load, { stat: 1, read: 1 }),
    why: "the first read fills its buffer; then the size, and the rest by one read",
  },
  { scenario: "load, 1KiB of 1MiB", each: load, why: "as much as is wanted, so no size" },
  { scenario: "load, missing", each: { open: 1, stat: 1 }, why: "whether the storage itself is there" },
  { scenario: "info 1KiB", each: { stat: 1 }, why: "lstat" },
  { scenario: "info 64KiB", each: { stat: 1 }, why: "lstat" },
  { scenario: "info, missing", each: { stat: 1 }, why: "missing is an answer" },
  { scenario: "delete 1KiB", each: { unlink: 1 }, why: "unlink" },
  { scenario: "delete 64KiB", each: { unlink: 1 }, why: "unlink" },
  { scenario: "delete, missing", each: { unlink: 1, stat: 1 }, why: "whether the storage itself is there" },
  {
    scenario: "delete, soft",
    each: { stat: 1, rename: 1 },
    why: "rename would also move a directory, so that the kind is asked for",
  },
  {
    scenario: "undelete",
    each: { stat: 1, link: 1, unlink: 1 },
    why: "link is what replaces nothing",
  },
  { scenario: "undelete, overwriting", each: { stat: 1, rename: 1 }, why: "as a soft delete" },
  {
    scenario: "list, names",
    each: times(2, readDirectory),
    once: add({ stat: 1 }, readDirectory),
    why: "each directory once and nothing for an item; whether the namespace is there and how large, once",
  },
  {
    scenario: "list, sizes",
    each: add(times(2, readDirectory), { stat: 4 }),
    once: add({ stat: 1 }, readDirectory),
    why: "one more for each of the four items in a directory",
  },
  {
    scenario: "sync",
    each: times(3, syncOne),
    once: times(2, syncOne),
    why: "each file and each directory up to the storage's own, once",
  },
  {
    scenario: "sync, replaced",
    each: times(3, syncOne),
    once: times(2, syncOne),
    why: "also directories that were durable before: another process may have made them anew",
  },
  { scenario: "sync, nothing to do", why: "nothing has changed" },
  { scenario: "pool: store 1KiB", each: store, why: "the same on the thread pool" },
  {
    scenario: "pool: load 1KiB",
    each: add(load, { stat: 1 }),
    why: "the size first, because calls that take their time cannot share a buffer",
  },
  { scenario: "pool: info 1KiB", each: { stat: 1 }, why: "the same on the thread pool" },
  { scenario: "pool: delete 1KiB", each: { unlink: 1 }, why: "the same on the thread pool" },
];

describe.skipIf(!strace.available)(`system calls of the Store ${strace.tag}`, () => {
  let counted: ReadonlyMap<string, CallCounts>;
  beforeAll(() => {
    const directory = mkdtempSync(join(tmpdir(), "bench-guard-"));
    try {
      const scenarios = table.map(({ scenario }) => scenario);
      counted = traceScenarios(directory, calls, scenarios);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  for (const { scenario, each = {}, once = {}, why } of table) {
    test(`${scenario}: ${why}`, () => {
      expect(counted.get(scenario)).toEqual(add(times(calls, each), once));
    });
  }
});
