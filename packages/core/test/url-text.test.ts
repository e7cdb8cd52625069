import { expect, test } from "vitest";
import { collapseSlashes, decodePercent } from "../src/index.ts";

test.each([
  ["", ""],
  ["a b", "a b"],
  ["a%20b", "a b"],
  ["%2F%2f", "//"],
  ["a%", "a%"],
  ["a%zz", "a%zz"],
  ["a%2", "a%2"],
  ["%2525", "%25"],
  ["%C3%A4", "ä"],
  ["%c3%a4%F0%9F%90%9A", "ä🐚"],
  ["%C3x%A4", "\u{FFFD}x\u{FFFD}"],
  ["%00", "\0"],
  ["%EF%BB%BFa", "\u{FEFF}a"],
  ["ä+?#", "ä+?#"],
])("%j is %j", (text, decoded) => {
  expect(decodePercent(text)).toBe(decoded);
});

test("any bytes are decoded as Buffer does it", () => {
  const leads = [0x41, 0x80, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff];
  for (const first of leads) {
    for (const second of [0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbb, 0xbf, 0xc3]) {
      for (const third of [0x41, 0x80, 0xbf, 0xe2]) {
        const bytes = Buffer.from([first, second, third, 0x80]);
        const text = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
        expect(decodePercent(text)).toBe(bytes.toString());
      }
    }
  }
});

test.each([
  ["", ""],
  ["/", "/"],
  ["///", "/"],
  ["a/", "a"],
  ["//a///b//", "/a/b"],
  ["a/../b", "a/../b"],
])("the path %j has the one form %j", (path, tidy) => {
  expect(collapseSlashes(path)).toBe(tidy);
});
