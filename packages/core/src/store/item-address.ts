import { deletedSuffix } from "../nesting.ts";
import type { Namespace, Namespaces } from "./namespaces.ts";

/**
 * Tells the name of an item in a listing from its path relative to the listed directory (without the suffix of
 * soft deletion), or `undefined` when the store could not address it by such a name.
 */
export type ItemAddress = (path: string) => string | undefined;

/**
 * How items below a directory are addressed. In a namespace, what belongs to another one that is configured
 * below it is left out, and so is what stands where none of the levels puts it. Of a directory that belongs to
 * no namespace, e.g. the root of a store without a root namespace, the items of all namespaces below it are
 * taken, and for want of a better name all other files by their paths.
 */
export function itemAddress(namespaces: Namespaces, directory: string): ItemAddress {
  const namespace = namespaces.ofDirectory(directory);
  if (namespace === undefined) return addressAnywhere(namespaces, directory);
  const others = namespaces.prefixesBelow(directory);
  const address = addressIn(namespace);
  if (others.length === 0) return address;
  return (path) => (others.some((prefix) => path.startsWith(prefix)) ? undefined : address(path));
}

function addressIn({ levels }: Namespace): ItemAddress {
  // The deepest level that fits gives the shortest name: at level 0 every path would fit.
  const deepestFirst = [...levels].sort((a, b) => b - a);
  return (path) => {
    const keyStart = path.lastIndexOf("/") + 1;
    if (keyStart === path.length || path.endsWith(deletedSuffix)) return undefined;
    for (const level of deepestFirst) {
      const start = nestingStart(path, keyStart, level);
      if (start !== -1)
        return start === 0 ? path.slice(keyStart) : path.slice(0, start) + path.slice(keyStart);
    }
    return undefined;
  };
}

function addressAnywhere(namespaces: Namespaces, directory: string): ItemAddress {
  const start = directory === "" ? "" : `${directory}/`;
  return (path) => {
    const namespace = namespaces.ofPath(start + path);
    if (namespace === undefined) return path;
    const prefix = namespace.prefix.slice(start.length);
    const name = addressIn(namespace)(path.slice(prefix.length));
    return name === undefined ? undefined : prefix + name;
  };
}

const slash = 0x2f;

/**
 * Where in a path the nesting directories of its key begin, as `nestName` makes them, or −1 when they are not
 * there. Compares in place: this runs for every item of a listing.
 */
function nestingStart(path: string, keyStart: number, level: number): number {
  const keyLength = path.length - keyStart;
  const full = Math.min(level, keyLength >> 1);
  // A key that is too short has one directory of one character, or fewer directories.
  const half = full < level && (keyLength & 1) === 1;
  const start = keyStart - 3 * full - (half ? 2 : 0);
  if (start < 0 || (start > 0 && path.charCodeAt(start - 1) !== slash)) return -1;
  let at = start;
  for (let i = 0; i < 2 * full; i += 2) {
    if (
      path.charCodeAt(at) !== path.charCodeAt(keyStart + i) ||
      path.charCodeAt(at + 1) !== path.charCodeAt(keyStart + i + 1) ||
      path.charCodeAt(at + 2) !== slash
    ) {
      return -1;
    }
    at += 3;
  }
  if (
    half &&
    (path.charCodeAt(at) !== path.charCodeAt(keyStart + 2 * full) || path.charCodeAt(at + 1) !== slash)
  ) {
    return -1;
  }
  return start;
}
