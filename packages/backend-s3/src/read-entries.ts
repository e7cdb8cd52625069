import { StoreError, type ItemInfo } from "@borgstore/core";
import type { HeadObjectCommandOutput, ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { Bucket, Call, PageRequest } from "./bucket.ts";
import { repeated } from "./repeated.ts";

/** The pages of a listing, one request each, from the first to the last. A page that fails is asked for again. */
export async function* readPages(
  bucket: Bucket,
  request: PageRequest,
  call: Call,
): AsyncGenerator<ListObjectsV2CommandOutput, void, undefined> {
  let page = await bucket.page(request, call);
  const seen = new Set<string>();
  while (true) {
    yield page;
    if (page.IsTruncated !== true) return;
    const token = nextToken(page, seen);
    // By itself, since the retry layer would begin with the first page again.
    page = await repeated(call.signal, () => bucket.page({ ...request, token }, call));
  }
}

/**
 * What the next page is asked for with.
 *
 * @throws StoreError `UNEXPECTED` when the service gives none, or one that it gave before: then there would be no end.
 */
function nextToken({ NextContinuationToken: token }: ListObjectsV2CommandOutput, seen: Set<string>): string {
  if (token === undefined || token === "") {
    throw new StoreError("UNEXPECTED", {
      detail: "the service says that the listing goes on, but not where: the continuation token is missing",
    });
  }
  if (seen.has(token)) {
    throw new StoreError("UNEXPECTED", {
      detail: "the service goes round in circles: it repeats a continuation token",
    });
  }
  // Only the last few: circles of services are short, and a listing may have a million pages.
  if (seen.size >= 16) seen.delete(seen.values().next().value as string);
  seen.add(token);
  return token;
}

/**
 * The entries of a page, objects and directories merged, in the order of their bytes; a directory compares with its
 * slash. Markers of directories are no entries.
 *
 * @param prefix of the directory that is listed
 */
export function entriesOf(page: ListObjectsV2CommandOutput, prefix: string): readonly ItemInfo[] {
  const entries: Entry[] = [];
  for (const { Key: key, Size: size, LastModified: modified } of page.Contents ?? []) {
    const name = key?.startsWith(prefix) === true ? key.slice(prefix.length) : "";
    if (name === "" || name.endsWith("/")) continue;
    entries.push({ order: name, item: objectItem(name, size, modified) });
  }
  for (const { Prefix: path } of page.CommonPrefixes ?? []) {
    const order = path?.startsWith(prefix) === true ? path.slice(prefix.length) : "";
    if (order.length <= 1) continue;
    entries.push({ order, item: directoryItem(order.slice(0, -1)) });
  }
  if (!isInOrder(entries)) entries.sort((one, other) => (one.order < other.order ? -1 : 1));
  return entries.map(({ item }) => item);
}

interface Entry {
  readonly order: string;
  readonly item: ItemInfo;
}

/** What an object is shown as. */
function objectItem(name: string, size: number | undefined, modified: Date | undefined): ItemInfo {
  const item = { name, exists: true, size: size ?? 0, isDirectory: false };
  return modified === undefined ? item : { ...item, modifiedAtMs: modified.getTime() };
}

/** What `info` shows of an object. */
export function describe(name: string, head: HeadObjectCommandOutput): ItemInfo {
  return objectItem(name, head.ContentLength, head.LastModified);
}

function directoryItem(name: string): ItemInfo {
  return { name, exists: true, size: 0, isDirectory: true };
}

function isInOrder(entries: readonly Entry[]): boolean {
  return entries.every((entry, i) => i === 0 || (entries[i - 1] as Entry).order < entry.order);
}
