import { StoreError } from "../errors.ts";

/**
 * Returns an option that is a number of at least `minimum`; infinity counts.
 *
 * @throws StoreError `INVALID_ARGUMENT`, naming the option.
 */
export function checkNumber(name: string, value: number, minimum: number): number {
  if (typeof value === "number" && value >= minimum) return value;
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `${name} is a number of at least ${minimum}, not ${String(value)}`,
  });
}

/**
 * Returns an option that is a number of milliseconds above 0; infinity means no limit.
 *
 * @throws StoreError `INVALID_ARGUMENT`, naming the option.
 */
export function checkDuration(name: string, value: number): number {
  if (typeof value === "number" && value > 0) return value;
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `${name} is a number of milliseconds above 0, not ${String(value)}`,
  });
}
