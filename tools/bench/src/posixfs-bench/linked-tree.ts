import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { makeKeys } from "../measure/keys.ts";

/** File systems limit the number of names of a file: ext4 to 65,000. */
const namesOfAFile = 60_000;
const keysAtOnce = 10_000;

/**
 * Makes a tree of two levels with so many items in short time, for listings: the items are names of a few small
 * files. A million takes about 10 s in memory.
 *
 * @param root made when it does not exist
 */
export function makeLinkedTree(root: string, count: number): void {
  const made = new Set<string>();
  let item = 0;
  let source = "";
  for (let first = 0; first < count; first += keysAtOnce) {
    for (const key of makeKeys(Math.min(keysAtOnce, count - first), `linked ${first}`)) {
      const directory = `${root}/${key.slice(0, 2)}/${key.slice(2, 4)}`;
      if (!made.has(directory)) {
        mkdirSync(directory, { recursive: true });
        made.add(directory);
      }
      const path = `${directory}/${key}`;
      if (item++ % namesOfAFile > 0) linkSync(source, path);
      else {
        writeFileSync(path, "item");
        source = path;
      }
    }
  }
}
