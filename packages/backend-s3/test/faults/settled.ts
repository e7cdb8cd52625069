import { StoreError, type StoreErrorCode } from "@borgstore/core";
import { setTimeout as delay } from "node:timers/promises";
import { mustBeAmong } from "./checks.ts";

/** Ten times what is needed, at least. */
export const withinMs = 30_000;

/** Waits for a call that must end by itself, and gives what it failed with. @throws Error when it has not within the time */
export async function outcome(
  call: Promise<unknown>,
  about = "the call",
  limitMs = withinMs,
): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${about}: not settled within ${limitMs} ms`)), limitMs);
  });
  const ended = call.then(
    () => undefined,
    (error: unknown) => error ?? new Error(`${about}: rejected with nothing`),
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The error of a call that must fail in time, with one of these codes. */
export async function failure(
  call: Promise<unknown>,
  codes: StoreErrorCode | readonly StoreErrorCode[],
  about?: string,
  limitMs?: number,
): Promise<StoreError> {
  return mustBeFailure(await outcome(call, about, limitMs), codes, about);
}

/** Checks an error, and gives it back. */
export function mustBeFailure(
  error: unknown,
  codes: StoreErrorCode | readonly StoreErrorCode[],
  about = "the call",
): StoreError {
  if (!StoreError.is(error)) throw new Error(`${about}: no StoreError`, { cause: error });
  mustBeAmong(error.code, typeof codes === "string" ? [codes] : codes, `${about}: ${error.message}`);
  return error;
}

/**
 * Waits for what nothing announces. Has no timer while it looks, unlike vitest's own polling.
 *
 * @throws Error when it has not come true within 30 s
 */
export async function until(isSo: () => boolean, about = String(isSo)): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`not so within 30 s: ${about}`);
    await delay(1);
  }
}

/** The same for what has to be asked for. */
export async function untilFound<T>(find: () => Promise<T>, isSo: (found: T) => boolean): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!isSo(await find())) {
    if (performance.now() > deadlineMs) throw new Error(`not so within 30 s: ${String(isSo)}`);
    await delay(10);
  }
}
