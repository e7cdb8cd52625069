import { expect, test } from "vitest";
import { isValidName, TempNames } from "../src/index.ts";

test("temporary names are hidden ones of the reference's kind, and never the same", () => {
  const all = [new TempNames(), new TempNames()];
  const names = all.flatMap((source) => Array.from({ length: 1000 }, () => source.next()));
  expect(new Set(names).size).toBe(2000);
  expect(names.every((name) => /^tmp[0-9a-f]{16}_[0-9a-z]+\.tmp$/.test(name))).toBe(true);
  expect(names.some((name) => isValidName(name))).toBe(false);
});

test("names of others are foreign, one's own are not", () => {
  const [ours, others] = [new TempNames(), new TempNames()];
  expect(ours.isForeign(ours.next())).toBe(false);
  expect(ours.isForeign(others.next())).toBe(true);
  expect(new TempNames("abcdefgh").isForeign(new TempNames("abcdefgh1").next())).toBe(true);
});

test.each([
  ["tmpab12_xyz.tmp", true], // the reference's posixfs
  ["tmp0123456789abcdef_1.tmp", true], // ours
  ["abcdefgh.tmp", true], // the reference's sftp
  ["tmpshor.tmp", false],
  ["important.tmp", false],
  ["other.tmp", false],
  ["ABCDEFGH.tmp", false],
  ["abcdefg1.tmp", false],
  ["TMPUPPER123.tmp", false],
  ["tmpab12_xyz", false],
  ["tmpab12_xyz.tmp.tmp", false],
  ["x/abcdefgh.tmp", false],
  ["0123", false],
])("%s is recognised as foreign: %s", (name, expected) => {
  expect(new TempNames().isForeign(name)).toBe(expected);
});

test("a token can be given, and must be such that others recognise its names", () => {
  const names = new TempNames("process1");
  expect([names.next(), names.next()]).toEqual(["tmpprocess1_1.tmp", "tmpprocess1_2.tmp"]);
  expect(new TempNames().isForeign(names.next())).toBe(true);
  for (const wrong of ["", "short", "UPPERCASE", "with_line", "a/bcdefgh"]) {
    expect(() => new TempNames(wrong)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
});
