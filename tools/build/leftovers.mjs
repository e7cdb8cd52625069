import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import path from "node:path";

/**
 * Removes what a build of today would not write: JavaScript of earlier builds, declarations of sources that are gone, and
 * empty directories. The compiler's own state stays.
 *
 * @param {string} dist
 * @param {string} sources
 * @param {ReadonlySet<string>} bundled names below `dist`, with slashes
 */
export function removeLeftovers(dist, sources, bundled) {
  const entries = readdirSync(dist, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => !one.isDirectory())) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(dist, file).split(path.sep).join("/");
    if (name.endsWith(".tsbuildinfo") || bundled.has(name)) continue;
    const declared = /^(.+)\.d\.ts(?:\.map)?$/.exec(name)?.[1];
    if (declared !== undefined && existsSync(path.join(sources, `${declared}.ts`))) continue;
    rmSync(file, { force: true });
  }
  // Those that are deepest first.
  for (const entry of entries.filter((one) => one.isDirectory()).toReversed()) {
    const folder = path.join(entry.parentPath, entry.name);
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }
}
