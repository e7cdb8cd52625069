import { mustBeText, refuseOption } from "@borgstore/core";

/** For the values of headers, and what may be a secret. */
export function mustBeLine(name: string, value: string | undefined): void {
  mustBeText(name, value);
  if (value === undefined || isLine(value)) return;
  refuseOption(`${name} has no control characters, and no blanks at its ends`);
}

/** Whether this is a text without control characters, and without blanks at its ends. */
export function isLine(value: unknown): boolean {
  return isText(value) && value !== "" && value.trim() === value && !/[\p{Cc}\p{Cs}]/u.test(value);
}

/** Whether this is a text. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether this is an object and no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
