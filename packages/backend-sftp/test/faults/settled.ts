import { errorCodes, StoreError, type StoreErrorCode } from "@borgstore/core";
import { setTimeout as delay } from "node:timers/promises";
import { mustBeAmong, mustEqual } from "./checks.ts";

/** How a call has ended. */
export interface Outcome<T> {
  readonly value?: T;
  /** Set when it has failed. */
  readonly error?: unknown;
  readonly tookMs: number;
}

/** Waits for a call that must end by itself. @throws Error when it has not within the time */
export async function settled<T>(
  call: Promise<T>,
  withinMs: number,
  about = "the call",
): Promise<Outcome<T>> {
  const startMs = performance.now();
  const tookMs = (): number => performance.now() - startMs;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${about}: not settled within ${withinMs} ms`)), withinMs);
  });
  const outcome = call.then(
    (value): Outcome<T> => ({ value, tookMs: tookMs() }),
    (error: unknown): Outcome<T> => ({ error, tookMs: tookMs() }),
  );
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The error of a call that must fail in time, with one of these codes, and be as retryable as the code is. */
export async function failure(
  call: Promise<unknown>,
  codes: StoreErrorCode | readonly StoreErrorCode[],
  withinMs = 30_000,
): Promise<StoreError> {
  return mustBeFailure((await settled(call, withinMs)).error, codes);
}

/** Checks an error, and gives it back. */
export function mustBeFailure(error: unknown, codes: StoreErrorCode | readonly StoreErrorCode[]): StoreError {
  if (!StoreError.is(error)) throw new Error("no StoreError", { cause: error });
  mustBeAmong(error.code, typeof codes === "string" ? [codes] : codes, error.message);
  mustEqual(error.retryable, errorCodes[error.code].retryable, `${error.message}: whether it is retryable`);
  return error;
}

/**
 * Waits for what nothing announces. Has no timer while it looks, unlike vitest's own polling.
 *
 * @throws Error when it has not come true within 30 s
 */
export async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`not so within 30 s: ${String(isSo)}`);
    await delay(1);
  }
}
