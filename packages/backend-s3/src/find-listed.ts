import type { CallSignal } from "@borgstore/core";
import type { Bucket } from "./bucket.ts";

/** Fewer are looked for one by one. */
const leastKeys = 16;
/** So many entries of a page cost about as much as asking for one object. */
const entriesWorthOneRequest = 25;
const longestPage = 1000;

/**
 * Looks for many keys by listing: one request finds up to 1,000 of them when they stand close together. Leaps from key
 * to key, and gives up when the pages hold too much else. Keys that it does not return may be there all the same.
 */
export async function findListed(
  bucket: Bucket,
  keys: Iterable<string>,
  signal: CallSignal | undefined,
): Promise<ReadonlySet<string>> {
  const sorted = [...keys].toSorted();
  const listed = new Set<string>();
  for (let next = 0; sorted.length - next >= leastKeys;) {
    const first = sorted[next] as string;
    const last = sorted.at(-1) as string;
    const page = await bucket.page(
      {
        prefix: commonStart(first, last),
        startAfter: justBefore(first),
        maxKeys: Math.min(longestPage, 2 * (sorted.length - next)),
      },
      { signal },
    );
    const found = (page.Contents ?? []).map(({ Key: key }) => key).filter((key) => key !== undefined);
    for (const key of found) listed.add(key);
    const reached = found.at(-1);
    if (page.IsTruncated !== true || reached === undefined) break;
    const before = next;
    while (next < sorted.length && (sorted[next] as string) <= reached) next++;
    if ((next - before) * entriesWorthOneRequest < found.length) break;
  }
  return listed;
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}

/** A key before this one with hardly any in between. */
function justBefore(key: string): string {
  const end = key.length - 1;
  return `${key.slice(0, end)}${String.fromCharCode(key.charCodeAt(end) - 1)}~`;
}
