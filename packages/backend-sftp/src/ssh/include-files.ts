import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join, parse, sep } from "node:path";

/**
 * The files that an `Include` pattern names, sorted, as glob(3): `*`, `?` and `[…]` within a path segment, hidden files
 * only when the pattern's segment starts with a dot. A pattern without match names nothing, which is no error.
 *
 * @param base directory to which a relative pattern refers.
 */
export async function includedFiles(pattern: string, base: string): Promise<string[]> {
  const full = isAbsolute(pattern) ? pattern : join(base, pattern);
  const { root } = parse(full);
  const segments = full
    .slice(root.length)
    .split(sep === "\\" ? /[/\\]/ : "/")
    .filter((segment) => segment !== "");
  let found = [root];
  for (const segment of segments) {
    const next: string[] = [];
    for (const directory of found) {
      if (!/[*?[]/.test(segment)) next.push(join(directory, segment));
      else next.push(...(await matchingNames(directory, segment)).map((name) => join(directory, name)));
    }
    found = next;
  }
  const existing: string[] = [];
  for (const file of found) if (await exists(file)) existing.push(file);
  return existing.sort();
}

async function matchingNames(directory: string, segment: string): Promise<string[]> {
  const matcher = segmentToRegExp(segment);
  let names: string[];
  try {
    names = await readdir(directory);
  } catch {
    // glob(3) without GLOB_ERR: what cannot be read matches nothing.
    return [];
  }
  return names.filter((name) => (segment.startsWith(".") || !name.startsWith(".")) && matcher.test(name));
}

function segmentToRegExp(segment: string): RegExp {
  const source = segment.replace(
    /\*|\?|\[([!^]?)(\]?[^\]]*)\]|[\\^$.|+(){}[\]]/g,
    (part, negated?: string, set?: string) => {
      if (part === "*") return ".*";
      if (part === "?") return ".";
      if (set === undefined) return `\\${part}`;
      return `[${negated === "" ? "" : "^"}${set.replace(/[\\\]^[]/g, "\\$&")}]`;
    },
  );
  return new RegExp(`^${source}$`, "su");
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await stat(file)) !== undefined;
  } catch (error) {
    // Present but not to be looked at: reading it will say so.
    return (error as NodeJS.ErrnoException).code === "EACCES";
  }
}
