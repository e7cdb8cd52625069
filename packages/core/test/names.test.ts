import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkName, isValidName, maxNameLength, nameProblem } from "../src/index.ts";

const characters = "abcdefghijklmnopqrstuvwxyz0123456789";

describe("accepted, as by the reference", () => {
  const names = [
    "a",
    "data/0123",
    ".a",
    "-a",
    "a.",
    "~",
    "con",
    "a.del",
    ".del",
    "a.tmp.del",
    "a.hid.del",
    "tmp",
    "hid",
    "atmp",
    "a.tmpx",
    "a.b.c",
    "a/.b/c",
    "x".repeat(100),
    `${"a/".repeat(49)}bc`,
    ..."?#%+&=:;*|\"'<>[]{}@$`^,~!()_-".split(""),
  ];
  test.each(names)("%s", (name) => {
    expect(nameProblem(name)).toBeUndefined();
    expect(isValidName(name)).toBe(true);
    checkName(name);
  });
});

describe("refused, as by the reference", () => {
  const names = [
    "..",
    "...",
    "a..b",
    "a/../b",
    "a..",
    "..a",
    "/a",
    "a/",
    "/",
    "a b",
    " a",
    "a\\b",
    "a.tmp",
    ".tmp",
    "a.hid",
    ".hid",
    "a/b.tmp",
    "A",
    "aB",
    "DATA/a",
    "ä",
    "İ",
    "\u{1F600}",
    "a\u00A0b",
    "x".repeat(101),
  ];
  test.each(names)("%j", (name) => {
    expect(isValidName(name)).toBe(false);
    expect(() => checkName(name)).toThrow(expect.objectContaining({ code: "INVALID_NAME", key: name }));
  });
});

describe("refused, where the reference has gaps", () => {
  const names = ["", ".", "./a", "a/.", "a/./b", "a//b", "//", "d.tmp/x", "d.hid/x", ".tmp/x", "a\0b", "\0"];
  const controls = Array.from({ length: 0x21 }, (_, code) => `a${String.fromCharCode(code)}`);
  test.each([...names, ...controls, "a\u007F"])("%j", (name) => {
    expect(isValidName(name)).toBe(false);
  });

  test.each([undefined, null, 7, {}, ["a"], new String("a")])("what is no string: %s", (name) => {
    expect(nameProblem(name)).toContain("a name is a string");
    expect(() => checkName(name as string)).toThrow(
      expect.objectContaining({ code: "INVALID_NAME", key: undefined }),
    );
  });
});

test("the reason says which rule is broken", () => {
  expect(nameProblem("x".repeat(101))).toContain("at most 100 characters");
  expect(nameProblem("A")).toContain("capital");
  expect(nameProblem("a.tmp")).toContain(".tmp");
  expect(nameProblem("a..b")).toContain('".."');
  expect(nameProblem("a\\b")).toContain("backslash");
  expect(nameProblem("a/")).toContain("trailing slash");
});

/** The rules once more, each in the plainest form. */
function isValidByTheBook(name: string): boolean {
  const components = name.split("/");
  return (
    name.length <= 100 &&
    /^[\x21-\x7e]+$/.test(name) &&
    !/[A-Z\\]/.test(name) &&
    !name.includes("..") &&
    components.every((one) => one !== "" && one !== "." && !one.endsWith(".tmp") && !one.endsWith(".hid"))
  );
}

test("agrees with the rules in their plainest form, on names made of the critical pieces", () => {
  const piece = fc.constantFrom(
    "a",
    "0",
    ".",
    "/",
    ".tmp",
    ".hid",
    ".del",
    "A",
    "\\",
    " ",
    "\0",
    "\x7f",
    "ä",
    "~",
  );
  const name = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    fc.string({ maxLength: maxNameLength + 2 }),
    fc.string({ unit: "binary-ascii", maxLength: 8 }),
  );
  fc.assert(
    fc.property(name, (one) => {
      expect(isValidName(one)).toBe(isValidByTheBook(one));
    }),
    { numRuns: 2000 },
  );
});

test("joining two valid names with a slash gives a valid name, up to the length", () => {
  const component = fc.string({
    unit: fc.constantFrom(...characters.split("")),
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(component, component, (left, right) => {
      expect(isValidName(`${left}/${right}`)).toBe(left.length + right.length + 1 <= maxNameLength);
    }),
  );
});
