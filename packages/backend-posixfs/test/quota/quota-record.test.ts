import { expect, test } from "vitest";
import { formatRecord, parseRecord } from "../../src/quota/quota-record.ts";

test("without sessions the record is the plain number", () => {
  expect(formatRecord({ usage: 123, sessions: [], isDoubtful: false })).toBe("123");
});

test.each([
  { usage: 0, sessions: [], isDoubtful: false },
  { usage: 5, sessions: ["one"], isDoubtful: false },
  { usage: 5, sessions: ["one", "two"], isDoubtful: true },
  { usage: Number.MAX_SAFE_INTEGER, sessions: [], isDoubtful: true },
])("what is written is read again: %j", (record) => {
  expect(parseRecord(formatRecord(record))).toEqual(record);
});

test.each([
  "",
  " ",
  "x",
  "-1",
  "1.0",
  "1e3",
  "0x10",
  "1 2 ",
  "1  a",
  "1_",
  "_1",
  "1__0",
  "9".repeat(20),
  "1 a\n",
  "1\0",
])("%j is no record", (text) => {
  expect(parseRecord(text)).toBeUndefined();
});
