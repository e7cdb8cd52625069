const escapes = /(?:%[0-9A-Fa-f]{2})+/g;
// A byte order mark is a character like any other here.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Decodes the percent-escapes of a URL's part by the reference's rules: each run of them is UTF-8, bytes that are
 * none become U+FFFD, and a `%` without two hex digits stays as it is. Never fails.
 */
export function decodePercent(text: string): string {
  return text.replaceAll(escapes, (run) => {
    const bytes = new Uint8Array(run.length / 3);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(run.slice(3 * i + 1, 3 * i + 3), 16);
    return utf8.decode(bytes);
  });
}

/** One slash for each run of them, and none at the end, except that of the root. */
export function collapseSlashes(path: string): string {
  const single = path.replaceAll(/\/+/g, "/");
  return single === "/" || !single.endsWith("/") ? single : single.slice(0, -1);
}
