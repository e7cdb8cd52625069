import { StoreError } from "./errors.ts";

/** Longest full name (with nesting directories and suffix) in characters, inclusive; the reference's limit. */
export const maxNameLength = 100;

const tmpSuffix = ".tmp";
const hiddenSuffix = ".hid";
const slash = 0x2f;
const dot = 0x2e;
const backslash = 0x5c;

/**
 * Characters of which most names consist, allowed wherever they stand, with single slashes between them: such a name is
 * valid without a closer look. Every name is checked twice for each operation, by the store and by the guard, and
 * this takes half the time of a loop.
 */
const plainName = /^[a-z0-9_-]+(?:\/[a-z0-9_-]+)*$/;

/**
 * Says why `name` cannot be the name of an object or a directory, or returns `undefined` when it can.
 *
 * A name is 1 to 100 characters of printable ASCII without blanks, backslashes and capital letters, in
 * components separated by single slashes. No component may be `.`, contain `..`, or end in `.tmp` or `.hid`
 * (reserved for temporary and internal files). These are the reference's rules, with the gaps that it leaves
 * (control characters, NUL, empty components, `.`, suffixes on directories) closed.
 */
export function nameProblem(name: unknown): string | undefined {
  if (typeof name !== "string") return `a name is a string, not ${typeof name}`;
  const length = name.length;
  if (length === 0) return "a name has at least one character";
  if (length > maxNameLength) {
    return `a name has at most ${maxNameLength} characters with its nesting and suffix, this has ${length}`;
  }
  if (plainName.test(name)) return undefined;
  let start = 0;
  let previous = slash;
  for (let i = 0; i < length; i++) {
    const c = name.charCodeAt(i);
    if (c === slash) {
      if (previous === slash) return "a name has no empty component and no leading slash";
      const problem = componentProblem(name, start, i);
      if (problem !== undefined) return problem;
      start = i + 1;
    } else if (c <= 0x20 || c >= 0x7f) {
      return "a name is printable ASCII without blanks and control characters";
    } else if (c >= 0x41 && c <= 0x5a) {
      return "a name has no capital letters";
    } else if (c === backslash) {
      return "a name has no backslash";
    } else if (c === dot && previous === dot) {
      return 'a name does not contain ".."';
    }
    previous = c;
  }
  if (previous === slash) return "a name has no trailing slash";
  return componentProblem(name, start, length);
}

function componentProblem(name: string, start: number, end: number): string | undefined {
  const length = end - start;
  if (length === 1 && name.charCodeAt(start) === dot) return 'no component of a name is "."';
  if (length < 4 || name.charCodeAt(end - 4) !== dot) return undefined;
  const suffix = name.slice(end - 4, end);
  if (suffix === tmpSuffix || suffix === hiddenSuffix) {
    return `no component of a name ends in ${tmpSuffix} or ${hiddenSuffix}`;
  }
  return undefined;
}

/** Whether `name` can be the name of an object or a directory; the rules are {@link nameProblem}'s. */
export function isValidName(name: unknown): name is string {
  return nameProblem(name) === undefined;
}

/**
 * Refuses a name that cannot be stored.
 *
 * @throws StoreError `INVALID_NAME`, saying which rule is broken.
 */
export function checkName(name: string): void {
  const problem = nameProblem(name);
  if (problem !== undefined) {
    throw new StoreError("INVALID_NAME", {
      key: typeof name === "string" ? name : undefined,
      detail: problem,
    });
  }
}
