import { spawn } from "node:child_process";
import { once } from "node:events";
import { interleave, repeatRounds } from "../measure/interleave.ts";
import { makeKeys, makeValue } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import { openPosixfsBackend, openPosixfsStore } from "../subjects/ours.ts";
import { makeTree, walkTwoLevels } from "../subjects/raw-sync.ts";

/** One way to list the same tree. Returns the number of items, or −1 when it does not count them. */
interface Way {
  readonly what: "list names only" | "list with sizes" | "first item of a list";
  readonly subject: string;
  list(): Promise<number>;
}

/**
 * Measures listings of one tree of two levels in ms, in turns with the system's `find` on the same tree, and how
 * long the first item of a listing with sizes takes.
 */
export async function measureListings(
  itemCount: number,
  rounds: number,
  workspace: Workspace,
): Promise<Figure[]> {
  const directory = workspace.makeDirectory();
  // The store makes its storage itself, so that the tree is one that it accepts.
  await using store = await openPosixfsStore(directory);
  makeTree(`${directory}/data`, makeKeys(itemCount, "list"), makeValue(16));
  await using backend = await openPosixfsBackend(directory);
  const lists = [true, false].flatMap((sizes): Way[] => {
    const what = sizes ? "list with sizes" : "list names only";
    const format = sizes ? ["-printf", "%s\\n"] : [];
    return [
      { what, subject: sizes ? "find -printf %s" : "find", list: () => find(directory, format) },
      { what, subject: "raw-sync", list: async () => walkTwoLevels(`${directory}/data`, sizes) },
      { what, subject: "Backend", list: () => countPages(backend.list("data", { recursive: true, sizes })) },
      { what, subject: "Store", list: () => countItems(store.list("data", { sizes })) },
    ];
  });
  const first: Way = {
    what: "first item of a list",
    subject: "Store",
    list: () => takeOne(store.list("data")),
  };
  const ways = [...lists, first];
  const values = await repeatRounds(
    rounds,
    async (round) => await interleave(ways, 1, (way) => time(way, itemCount), round),
  );
  workspace.discard(directory);
  return ways.map(({ what, subject }, way) => {
    return { bench: "posixfs", what, subject, callers: 1, unit: "ms", rounds: values[way]?.ms ?? [] };
  });
}

async function time(way: Way, expected: number): Promise<number> {
  const start = performance.now();
  const count = await way.list();
  const ms = performance.now() - start;
  if (count !== -1 && count !== expected)
    throw new Error(`${way.subject} listed ${count} of ${expected} items`);
  return ms;
}

async function countPages(pages: AsyncIterable<readonly unknown[]>): Promise<number> {
  let count = 0;
  for await (const page of pages) count += page.length;
  return count;
}

async function countItems(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count++;
  return count;
}

/** Waits for the first item. The listing is not ended, which would be measured too: it holds nothing but memory. */
async function takeOne(items: AsyncIterator<unknown>): Promise<number> {
  const { done } = await items.next();
  if (done === true) throw new Error("the listing has no items");
  return -1;
}

async function find(directory: string, format: readonly string[]): Promise<number> {
  const child = spawn("find", [`${directory}/data`, "-type", "f", ...format], { stdio: "ignore" });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`find ended with ${code}`);
  return -1;
}
