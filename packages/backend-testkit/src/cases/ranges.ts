import type { Random } from "../random.ts";

/** A range as `load` takes it. */
export interface Range {
  readonly offset?: number | undefined;
  readonly size?: number | undefined;
}

/** Offset, size, and the part that they mean, of the value `0123456789`. */
export const clampExamples: readonly (readonly [number | undefined, number | undefined, string])[] = [
  [undefined, undefined, "0123456789"],
  [0, undefined, "0123456789"],
  [0, 100, "0123456789"],
  [0, 10, "0123456789"],
  [0, 1, "0"],
  [0, 0, ""],
  [undefined, 4, "0123"],
  [5, undefined, "56789"],
  [5, 100, "56789"],
  [5, 0, ""],
  [5, 2, "56"],
  [9, undefined, "9"],
  [9, 1, "9"],
  [10, undefined, ""],
  [10, 1, ""],
  [11, undefined, ""],
  [5_000, 5, ""],
  [-3, undefined, "789"],
  [-3, 2, "78"],
  [-3, 3, "789"],
  [-3, 0, ""],
  [-3, 100, "789"],
  [-1, 1, "9"],
  [-10, undefined, "0123456789"],
  [-10, 4, "0123"],
  [-11, undefined, "0123456789"],
  [-11, 4, "0123"],
  [-5_000, 3, "012"],
  [-5_000, 0, ""],
];

/** The part of a value that a range means, told independently of the helper that backends use. */
export function expectedPart(value: Uint8Array, { offset = 0, size }: Range): Uint8Array {
  const fromOffset = value.slice(offset);
  return size === undefined ? fromOffset : fromOffset.slice(0, size);
}

/** A range of a value of `length` bytes that may reach beyond it on either side. */
export function randomRange(random: Random, length: number): Range {
  const offset = random.happens(0.1) ? undefined : random.integer(-length - 20, length + 20);
  const size = random.happens(0.2) ? undefined : random.integer(0, random.happens(0.5) ? 20 : length + 20);
  return { offset, size };
}
