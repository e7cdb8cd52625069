import { inspect, isDeepStrictEqual } from "node:util";

/** @throws Error that tells what it is about, unless both are the same */
export function mustEqual(found: unknown, expected: unknown, about: string): void {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Error(`${about}: ${inspect(found)} instead of ${inspect(expected)}`);
}

/** @throws Error that tells what it is about, unless it is one of those that are allowed */
export function mustBeAmong(found: unknown, allowed: readonly unknown[], about: string): void {
  if (allowed.some((one) => isDeepStrictEqual(found, one))) return;
  throw new Error(`${about}: ${inspect(found)} instead of one of ${inspect(allowed, { depth: 4 })}`);
}
