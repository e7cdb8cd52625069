import { clampRange, type LoadOptions } from "../../src/index.ts";
import { describe, expect, test } from "vitest";
import {
  parseContentRange,
  partOfAnswer,
  rangeHeader,
  wantedRange,
  type AnsweredRange,
  type WantedRange,
} from "../../src/http/byte-range.ts";

const most = Number.MAX_SAFE_INTEGER;

test.each<readonly [LoadOptions, WantedRange | undefined]>([
  [{}, undefined],
  [{ offset: 0 }, undefined],
  [{ offset: -0 }, undefined],
  [{ offset: undefined, size: undefined }, undefined],
  [{ size: 0 }, { offset: 0, size: 0 }],
  [{ offset: 5 }, { offset: 5, size: undefined }],
  [
    { offset: -5, size: 3 },
    { offset: -5, size: 3 },
  ],
])("%j means %j", (options, wanted) => {
  expect(wantedRange(options)).toEqual(wanted);
});

test("a negative zero becomes a plain one", () => {
  expect(wantedRange({ offset: -0, size: 1 })?.offset).toBe(0);
});

test.each<readonly [offset: number, size: number | undefined, header: string | undefined]>([
  [0, 1, "bytes=0-0"],
  [0, 10, "bytes=0-9"],
  [10, undefined, "bytes=10-"],
  [10, 5, "bytes=10-14"],
  [most, undefined, `bytes=${most}-`],
  [most, 1, `bytes=${most}-${most}`],
  [5, most, `bytes=5-${most}`],
  [most, most, `bytes=${most}-${most}`],
  [-1, undefined, "bytes=-1"],
  [-200_000, undefined, "bytes=-200000"],
  [-10, 3, "bytes=-10"],
  [-10, 100, "bytes=-10"],
  [-65_536, 0, "bytes=-65536"],
  [-65_546, 10, "bytes=-65546"],
  [-65_547, 10, undefined],
  [-200_000, 200_000, "bytes=-200000"],
  [-most, 1, undefined],
])("bytes from %i, %s of them, are asked for by %s", (offset, size, header) => {
  expect(rangeHeader({ offset, size })).toBe(header);
});

test.each<readonly [string | undefined, AnsweredRange | undefined]>([
  ["bytes 0-9/100", { start: 0, end: 10, total: 100 }],
  ["bytes 90-99/100", { start: 90, end: 100, total: 100 }],
  ["bytes 5-5/*", { start: 5, end: 6, total: undefined }],
  ["bytes 5-4/100", undefined],
  ["bytes */100", undefined],
  ["bytes=0-9/100", undefined],
  ["bytes 0-9", undefined],
  ["items 0-9/100", undefined],
  ["bytes -1-9/100", undefined],
  ["", undefined],
  [undefined, undefined],
])("the header %j says %j", (header, answered) => {
  expect(parseContentRange(header)).toEqual(answered);
});

describe("of an answer", () => {
  const ways: readonly (readonly [string, (length: number, start: number) => AnsweredRange])[] = [
    ["that is all of the value", (length) => ({ start: 0, end: length, total: length })],
    ["that begins where it was asked to", (length, start) => ({ start, end: length, total: length })],
    ["that does not tell the length", (length, start) => ({ start, end: length, total: undefined })],
  ];

  test.each(ways)("%s the bytes that were asked for are taken", (_title, answer) => {
    const value = Buffer.from("0123456789");
    for (const offset of [-12, -10, -9, -1, 0, 1, 5, 9]) {
      for (const size of [undefined, 1, 3, 10, 100]) {
        const { start, end } = clampRange(value.length, offset, size);
        const answered = answer(value.length, start);
        const { skip, take } = partOfAnswer({ offset, size }, answered);
        const body = value.subarray(answered.start, answered.end);
        const taken = body.subarray(skip, skip + take).toString();
        expect([offset, size, taken]).toEqual([offset, size, value.subarray(start, end).toString()]);
        expect(take).toBe(end - start);
      }
    }
  });

  test("that is all of an empty value nothing is taken", () => {
    const answered = { start: 0, end: 0, total: 0 };
    for (const offset of [-5, 0])
      expect(partOfAnswer({ offset, size: 3 }, answered)).toMatchObject({ take: 0 });
  });

  test("that ends before what was asked for nothing is taken", () => {
    expect(partOfAnswer({ offset: 20, size: 5 }, { start: 0, end: 10, total: 10 }).take).toBe(0);
  });

  test.each<readonly [string, WantedRange, AnsweredRange]>([
    ["begins too late", { offset: 5, size: 3 }, { start: 6, end: 9, total: 10 }],
    [
      "begins too late for the end that was asked for",
      { offset: -5, size: 3 },
      { start: 6, end: 10, total: 10 },
    ],
    ["ends too early", { offset: 2, size: 3 }, { start: 2, end: 4, total: 10 }],
    ["is not all of the rest", { offset: 2, size: undefined }, { start: 2, end: 9, total: 10 }],
    ["is not the end that was asked for", { offset: -5, size: 3 }, { start: 5, end: 8, total: 10 }],
    ["is the start instead of the end", { offset: -5, size: undefined }, { start: 0, end: 5, total: 10 }],
  ])("that %s nothing is believed", (_title, wanted, answered) => {
    expect(() => partOfAnswer(wanted, answered)).toThrow(
      expect.objectContaining({
        code: "INTEGRITY",
        retryable: true,
        message: expect.stringContaining(`${answered.start} to ${answered.end - 1}`) as unknown,
      }),
    );
  });
});
