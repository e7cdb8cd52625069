import { StoreError } from "../errors.ts";
import { nameProblem } from "../names.ts";

/**
 * What is allowed below which name: `{ "": "lr", "data": "lrw" }`. A key is a directory's or an object's name as
 * the medium has it (with nesting directories), or `""` for everything; the longest one that is the name itself
 * or above it decides, also when its letters are fewer than those of a shorter one. Without any, nothing is allowed.
 *
 * Letters: `l` list and info, `r` read, `w` write new objects, `W` write new objects and replace existing ones,
 * `D` delete.
 */
export type PermissionMapping = Readonly<Record<string, string>>;

const onlyKnownLetters = /^[lrwWD]*$/;
const digestDirectory = /^[0-9a-f]{2}$/;
const digestStart = /^[0-9a-f]+$/;

/** A checked copy of a mapping, with the lookups that the permission layer needs. */
export class PermissionRules {
  readonly #letters: ReadonlyMap<string, string>;

  /** @throws StoreError `INVALID_ARGUMENT` for what is no mapping, for unknown letters, and for keys that could never match a name. */
  constructor(mapping: PermissionMapping) {
    if (typeof mapping !== "object" || mapping === null || Array.isArray(mapping)) {
      throw new StoreError("INVALID_ARGUMENT", {
        detail: 'permissions are an object like { "": "lr", data: "lrw" }',
      });
    }
    // A Map, so that names like "constructor" find nothing that nobody put there.
    this.#letters = new Map(Object.entries(mapping));
    for (const [name, letters] of this.#letters) checkRule(name, letters);
  }

  /** Whether there is no rule at all. */
  get isEmpty(): boolean {
    return this.#letters.size === 0;
  }

  /** The letters that hold for a name; `""` is nothing. */
  lettersFor(name: string): string {
    for (let path = name; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf("/")))) {
      const letters = this.#letters.get(path);
      if (letters !== undefined) return letters;
    }
    return this.#letters.get("") ?? "";
  }

  /** The letters that hold for every hex key that could stand in a namespace at a nesting level. */
  lettersForDigests(namespace: string, level: number): string {
    const prefix = namespace === "" ? "" : `${namespace}/`;
    let common = this.lettersFor(namespace);
    for (const [name, letters] of this.#letters) {
      if (!name.startsWith(prefix)) continue;
      if (mayHoldDigest(name.slice(prefix.length), level)) {
        common = Array.from(common)
          .filter((letter) => letters.includes(letter))
          .join("");
      }
    }
    return common;
  }
}

function mayHoldDigest(path: string, level: number): boolean {
  const components = path.split("/");
  if (components.length > level + 1) return false;
  return components.every((component, at) => (at < level ? digestDirectory : digestStart).test(component));
}

function checkRule(name: string, letters: unknown): void {
  const problem = name === "" ? undefined : nameProblem(name);
  if (problem !== undefined) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: `permissions for ${JSON.stringify(name)} could never apply: ${problem}`,
    });
  }
  if (typeof letters !== "string" || !onlyKnownLetters.test(letters)) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: `permissions for ${JSON.stringify(name)} are letters out of lrwWD, not ${JSON.stringify(letters)}`,
    });
  }
}
