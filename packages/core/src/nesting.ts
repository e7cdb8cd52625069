import { StoreError } from "./errors.ts";

/** Suffix of soft-deleted objects, as in the reference. */
export const deletedSuffix = ".del";

/**
 * The name under which an object stands on the medium at a nesting level: `namespace/`, then one directory of
 * two characters per level taken from the start of the key, then the full key. Everything up to the last slash
 * is the namespace; without one the key is in the root.
 *
 * `data/0123456789` at level 2 is `data/01/23/0123456789`.
 *
 * A key with fewer than 2 × level characters has no proper place (see {@link checkKeyLength}); as file systems
 * do with what the reference makes of it, its empty components are left out: `data/a` at level 2 is `data/a/a`.
 */
export function nestName(name: string, level: number): string {
  if (level === 0 || name === "") return name;
  const keyStart = name.lastIndexOf("/") + 1;
  const keyLength = name.length - keyStart;
  let nested = name.slice(0, keyStart);
  for (let i = 0; i < level && 2 * i < keyLength; i++) {
    nested += `${name.slice(keyStart + 2 * i, keyStart + 2 * i + 2)}/`;
  }
  return nested + name.slice(keyStart);
}

/**
 * The name of an object without its nesting directories: the inverse of {@link nestName} for keys that are long
 * enough.
 */
export function unnestName(nestedName: string, level: number): string {
  if (level === 0) return nestedName;
  const components = nestedName.split("/");
  const key = components.pop() as string;
  const namespace = components.slice(0, Math.max(0, components.length - level));
  return [...namespace, key].join("/");
}

/**
 * Refuses a key that is too short for a nesting level: its directories would be incomplete, and on media
 * without directories the reference cannot list a namespace that holds such a key.
 *
 * @throws StoreError `INVALID_NAME`.
 */
export function checkKeyLength(name: string, level: number): void {
  const keyLength = name.length - name.lastIndexOf("/") - 1;
  if (keyLength < 2 * level) {
    throw new StoreError("INVALID_NAME", {
      key: name,
      detail: `a key at nesting level ${level} has at least ${2 * level} characters, this has ${keyLength}`,
    });
  }
}
