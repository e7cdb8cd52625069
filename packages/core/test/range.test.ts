import * as fc from "fast-check";
import { expect, test } from "vitest";
import { clampRange } from "../src/index.ts";
import { checkRange } from "../src/range.ts";

const digits = "0123456789";

function part(offset?: number, size?: number, value: string = digits): string {
  const { start, end } = clampRange(value.length, offset, size);
  return value.slice(start, end);
}

test.each([
  [0, undefined, digits],
  [undefined, undefined, digits],
  [undefined, 3, "012"],
  [0, 100, digits],
  [5, 100, "56789"],
  [9, undefined, "9"],
  [5, 0, ""],
  [0, 0, ""],
  [-3, undefined, "789"],
  [-3, 2, "78"],
  [-3, 3, "789"],
  [-3, 0, ""],
  [-3, 100, "789"],
  [-10, 4, "0123"],
  [-11, undefined, digits],
  [-11, 4, "0123"],
  [-5000, 1000, digits],
  [10, undefined, ""],
  [10, 5, ""],
  [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, ""],
  [3, Number.MAX_SAFE_INTEGER, "3456789"],
  [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, digits],
])("offset %s and size %s of ten digits are %j", (offset, size, expected) => {
  expect(part(offset, size)).toBe(expected);
});

test("an empty value has only an empty part", () => {
  for (const [offset, size] of [
    [0, 5],
    [-1, undefined],
    [0, 0],
    [7, 1],
  ] as const) {
    expect(part(offset, size, "")).toBe("");
  }
});

test("is what slice gives", () => {
  const integer = fc.integer({ min: -40, max: 40 });
  fc.assert(
    fc.property(
      fc.string({ maxLength: 20 }),
      fc.option(integer, { nil: undefined }),
      fc.option(fc.nat(40), { nil: undefined }),
      (value, offset, size) => {
        const tail = value.slice(offset ?? 0);
        expect(part(offset, size, value)).toBe(size === undefined ? tail : tail.slice(0, size));
      },
    ),
    { numRuns: 1000 },
  );
});

test("is within the value and the right way round, with plain zeros", () => {
  fc.assert(
    fc.property(fc.nat(), fc.maxSafeInteger(), fc.maxSafeNat(), (length, offset, size) => {
      const { start, end } = clampRange(length, offset, size);
      expect(0 <= start && start <= end && end <= length && end - start <= size).toBe(true);
    }),
  );
  expect(Object.is(clampRange(3, -0, 0).start, 0)).toBe(true);
});

test("only integers are ranges, and sizes are not negative", () => {
  for (const range of [
    {},
    { offset: -5 },
    { size: 0 },
    { offset: undefined, size: undefined },
    { offset: 2 ** 53 - 1 },
  ]) {
    checkRange(range);
  }
  const wrong = [
    { size: -1 },
    { size: 1.5 },
    { size: Number.NaN },
    { size: Infinity },
    { offset: 0.1 },
    { offset: 2 ** 53 },
  ];
  const untyped = [{ offset: "1" }, { size: null }, { offset: 1n }, { size: "x" }] as unknown as typeof wrong;
  for (const range of [...wrong, ...untyped]) {
    expect(() => checkRange(range)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
});
