import * as fs from "node:fs";
import { join } from "node:path";

/** The sum of the sizes of all files below a directory, as the reference counts: all but the quota's own files. */
export function bytesBelow(path: string): number {
  let sum = 0;
  for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) sum += bytesBelow(inner);
    else if (entry.isFile() && !/^quota.*\.hid$/.test(entry.name)) sum += fs.statSync(inner).size;
  }
  return sum;
}

/** What the quota file holds; `undefined` when there is none. */
export function quotaFileOf(path: string): string | undefined {
  const file = join(path, "quota.hid");
  return fs.existsSync(file) ? fs.readFileSync(file, "latin1") : undefined;
}

/** Files of the quota's own that a session has left beside `quota.hid`. */
export function leftovers(path: string): string[] {
  return fs.readdirSync(path).filter((name) => /^quota-|^tmp.+_.+\.tmp$/.test(name));
}
