import { StoreError } from "./errors.ts";
import type { LoadOptions } from "./options.ts";

/**
 * Refuses ranges that make no sense, whatever the length of the value.
 *
 * @throws StoreError `INVALID_ARGUMENT`.
 */
export function checkRange(options: LoadOptions): void {
  const { offset, size } = options;
  if (offset !== undefined && !Number.isSafeInteger(offset)) {
    throw new StoreError("INVALID_ARGUMENT", { detail: `offset is an integer, not ${String(offset)}` });
  }
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 0)) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: `size is an integer of at least 0, not ${String(size)}`,
    });
  }
}

/**
 * The part [start, end) of a value of `length` bytes that a range means, clamped to the value: a start past the
 * end gives an empty part, a negative offset beyond the start means the start.
 */
export function clampRange(
  length: number,
  offset: number | undefined,
  size: number | undefined,
): { start: number; end: number } {
  // The addition makes a plain zero of −0.
  const wanted = (offset ?? 0) + 0;
  const start = wanted < 0 ? Math.max(0, length + wanted) : Math.min(wanted, length);
  const end = size === undefined ? length : Math.min(length, start + size);
  return { start, end };
}
