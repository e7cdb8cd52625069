import { StoreError } from "./errors.ts";

/** Longest delay in ms that timers take; what is longer fires at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/**
 * Refuses options that do not exist: a typing error in `durability` must not go unnoticed.
 *
 * @throws StoreError `INVALID_ARGUMENT`, naming the option.
 */
export function mustBeKnown(options: object, known: ReadonlySet<string>): void {
  for (const name of Object.keys(options)) {
    if (!known.has(name)) refuseOption(`there is no option ${JSON.stringify(name)}`);
  }
}

/** @throws StoreError `INVALID_ARGUMENT` for a value that is neither allowed nor `undefined`. */
export function mustBeOneOf(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  refuseOption(`${name} is one of ${allowed.join(", ")}, not ${JSON.stringify(value)}`);
}

/** @throws StoreError `INVALID_ARGUMENT` for a value that is neither a safe integer from `least` to `most` nor `undefined`. */
export function mustBeInteger(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  refuseOption(`${name} is an integer from ${least} to ${most}, not ${String(value)}`);
}

/** @throws StoreError `INVALID_ARGUMENT` for a value that is neither `true`, `false` nor `undefined`. */
export function mustBeBoolean(name: string, value: boolean | undefined): void {
  if (value === undefined || typeof value === "boolean") return;
  refuseOption(`${name} is true or false`);
}

/**
 * The value is not repeated in the message: it may be a secret.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a value that is neither a text nor `undefined`, is empty, or has a NUL.
 */
export function mustBeText(name: string, value: string | undefined): void {
  if (value === undefined || (typeof value === "string" && value !== "" && !value.includes("\0"))) return;
  refuseOption(`${name} is a text that is not empty`);
}

/** @throws StoreError `INVALID_ARGUMENT`, always. */
export function refuseOption(detail: string): never {
  throw new StoreError("INVALID_ARGUMENT", { detail });
}
