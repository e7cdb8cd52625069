import type { DriverListOptions, ItemInfo } from "@borgstore/core";
import type { Bucket } from "./bucket.ts";
import type { Keys } from "./keys.ts";
import { entriesOf, readPages } from "./read-entries.ts";

/**
 * Lists a directory, or all that is below it: one request for each 1,000 entries, whatever the nesting. A name without
 * anything below it yields nothing.
 */
export async function* listDirectory(
  bucket: Bucket,
  keys: Keys,
  name: string,
  { signal }: DriverListOptions,
  recursive: boolean,
): AsyncGenerator<readonly ItemInfo[], void, undefined> {
  const prefix = keys.prefixOf(name);
  for await (const page of readPages(bucket, { prefix, byDirectory: !recursive }, { signal, name })) {
    const entries = entriesOf(page, prefix);
    if (entries.length > 0) yield entries;
  }
}
