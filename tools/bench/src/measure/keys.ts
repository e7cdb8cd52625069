import { createHash, randomBytes } from "node:crypto";

/**
 * Keys as a content-addressed store has them: 64 hex characters, evenly spread, the same at each run.
 *
 * @param seed other seeds give other keys.
 */
export function makeKeys(count: number, seed = "keys"): string[] {
  return Array.from({ length: count }, (_, i) => createHash("sha256").update(`${seed} ${i}`).digest("hex"));
}

/** Another key for each key that lies in the same directories of two levels. */
export function makeNeighbourKeys(keys: readonly string[]): string[] {
  return keys.map((key) => key.slice(0, 4) + createHash("sha256").update(key).digest("hex").slice(4));
}

/** A value of a length that no file system or library can shorten. */
export function makeValue(byteLength: number): Uint8Array {
  return new Uint8Array(randomBytes(byteLength));
}

/** The path of a key in a tree of two levels, with `/` between the components. */
export function nestKey(key: string): string {
  return `${key.slice(0, 2)}/${key.slice(2, 4)}/${key}`;
}
