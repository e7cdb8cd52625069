/** What a listing is asked for. */
export interface ListingQuery {
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  readonly maxKeys: number;
  /** Only what follows this; empty for all. */
  readonly after: string;
}

/** A page of a listing. */
export interface ListingPage {
  /** Keys, and prefixes that stand for keys; in the order of their bytes. */
  readonly entries: readonly { readonly name: string; readonly isPrefix: boolean }[];
  readonly isTruncated: boolean;
}

/** What S3 lists of some keys: in the order of their bytes, each prefix once, no entry on two pages. */
export function pageOf(keys: readonly string[], query: ListingQuery): ListingPage {
  const { prefix, delimiter, maxKeys, after } = query;
  const names = new Map<string, boolean>();
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    if (end === -1) names.set(key, false);
    else names.set(key.slice(0, end + delimiter.length), true);
  }
  const sorted = [...names]
    .map(([name, isPrefix]) => ({ name, isPrefix, bytes: Buffer.from(name) }))
    .filter(({ bytes }) => bytes.compare(Buffer.from(after)) > 0)
    .sort((a, b) => a.bytes.compare(b.bytes));
  const entries = sorted.slice(0, maxKeys).map(({ name, isPrefix }) => ({ name, isPrefix }));
  return { entries, isTruncated: maxKeys > 0 && sorted.length > maxKeys };
}
