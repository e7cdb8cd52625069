/** What a request is about. */
export interface RequestTarget {
  /** As sent, still encoded, without the query. */
  readonly path: string;
  /** Empty for requests about no bucket. */
  readonly bucket: string;
  /** Decoded; empty for requests about no object. */
  readonly key: string;
  /** Decoded; a parameter without a value is `""`. */
  readonly query: Readonly<Record<string, string>>;
}

/** Reads the URL of a request that has the bucket in its path. `URL` would take the dots out of `a/../b`. */
export function requestTarget(url: string): RequestTarget {
  const [path = "", query = ""] = url.split(/\?(.*)/s);
  const [bucket = "", key = ""] = path.slice(1).split(/\/(.*)/s);
  return { path, bucket, key: decode(key), query: Object.fromEntries(new URLSearchParams(query)) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
