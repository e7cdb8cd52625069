import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkKeyLength, deletedSuffix, nestName, unnestName } from "../src/index.ts";

test.each([
  ["data/0123456789", 0, "data/0123456789"],
  ["data/0123456789", 1, "data/01/0123456789"],
  ["data/0123456789", 2, "data/01/23/0123456789"],
  ["data/0123456789", 3, "data/01/23/45/0123456789"],
  ["0123456789", 2, "01/23/0123456789"],
  ["a/b/0123", 2, "a/b/01/23/0123"],
  ["data/0123.del", 2, "data/01/23/0123.del"],
  ["data/01", 1, "data/01/01"],
  ["data/a", 2, "data/a/a"],
  ["data/abc", 2, "data/ab/c/abc"],
  ["data", 0, "data"],
  ["", 2, ""],
])("%s at level %i is %s", (name, level, nested) => {
  expect(nestName(name, level)).toBe(nested);
});

const key = fc.string({
  unit: fc.constantFrom(..."0123456789abcdef._-".split("")),
  minLength: 1,
  maxLength: 70,
});
const namespace = fc.constantFrom("", "data/", "a/b/", "01/23/");

test("un-nesting undoes nesting, for any key that is long enough, in any namespace, at any level", () => {
  fc.assert(
    fc.property(namespace, key, fc.nat({ max: 8 }), (space, short, level) => {
      const long = short + "0".repeat(Math.max(0, 2 * level - short.length));
      const nested = nestName(space + long, level);
      expect(unnestName(nested, level)).toBe(space + long);
      expect(nested.length).toBe(space.length + long.length + 3 * level);
      expect(nested.split("/").length).toBe((space + long).split("/").length + level);
    }),
  );
});

test("nesting undoes un-nesting, for anything that was nested", () => {
  fc.assert(
    fc.property(namespace, key, fc.nat({ max: 8 }), (space, short, level) => {
      const nested = nestName(`${space}${short}${"0".repeat(2 * level)}`, level);
      expect(nestName(unnestName(nested, level), level)).toBe(nested);
    }),
  );
});

test("the suffix of soft deletion changes nothing in the directories", () => {
  fc.assert(
    fc.property(key, fc.nat({ max: 4 }), (short, level) => {
      const long = `data/${short}${"0".repeat(2 * level)}`;
      expect(nestName(long + deletedSuffix, level)).toBe(nestName(long, level) + deletedSuffix);
    }),
  );
});

test("nesting never makes an empty component, however short the key", () => {
  fc.assert(
    fc.property(namespace, key, fc.nat({ max: 40 }), (space, short, level) => {
      expect(nestName(space + short, level)).not.toContain("//");
    }),
  );
});

test("a key that is too short for its level is refused, saying so", () => {
  for (const [name, level] of [
    ["data/abc", 2],
    ["", 1],
    ["data/", 1],
    ["abcd/a", 1],
  ] as const) {
    expect(() => checkKeyLength(name, level)).toThrow(
      expect.objectContaining({
        code: "INVALID_NAME",
        message: expect.stringContaining(`nesting level ${level}`),
      }),
    );
  }
  checkKeyLength("data/abcd", 2);
  checkKeyLength("a", 0);
  checkKeyLength("ab", 1);
});
