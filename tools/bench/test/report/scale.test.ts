import { array, assert as assertProperty, constant, double, oneof, property } from "fast-check";
import { expect, test } from "vitest";
import { makeScale } from "../../src/report/scale.ts";

test("values that are close have a linear axis from 0", () => {
  const scale = makeScale([1, 4], [0.5, 4.2]);
  expect(scale).toMatchObject({ kind: "linear", ticks: [0, 1, 2, 3, 4, 5] });
  expect([0, 1, 5].map((value) => scale.place(value))).toEqual([0, 0.2, 1]);
});

test("values that spread over more than 8 times have a logarithmic one", () => {
  expect(makeScale([1, 8], []).kind).toBe("linear");
  const scale = makeScale([1, 8.1], [0.6, 12]);
  expect(scale).toMatchObject({ kind: "log", ticks: [0.5, 1, 2, 5, 10, 20] });
  expect(scale.place(0.5)).toBe(0);
  expect(scale.place(20)).toBe(1);
  expect(scale.place(10) - scale.place(5)).toBeCloseTo(scale.place(2) - scale.place(1));
});

test("a wide axis has only powers of ten", () => {
  expect(makeScale([0.02, 900], []).ticks).toEqual([0.01, 0.1, 1, 10, 100, 1000]);
});

test("every value has its place, in order, whatever they are", () => {
  const values = array(oneof(constant(0), double({ noNaN: true, min: 1e-9, max: 1e9 })), {
    minLength: 1,
    maxLength: 20,
  });
  assertProperty(
    property(values, (all) => {
      const scale = makeScale(all, []);
      const places = all.toSorted((a, b) => a - b).map((value) => scale.place(value));
      expect(places.every((place) => place >= 0 && place <= 1)).toBe(true);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(scale.ticks).toEqual(scale.ticks.toSorted((a, b) => a - b));
    }),
  );
});

test("no values have no axis", () => {
  expect(() => makeScale([], [1])).toThrow(RangeError);
});
