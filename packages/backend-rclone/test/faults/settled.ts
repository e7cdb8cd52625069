import { errorCodes, StoreError, type StoreErrorCode } from "@borgstore/core";
import { setTimeout as delay } from "node:timers/promises";
import { mustBeAmong, mustEqual } from "./checks.ts";

/** Ten times what is needed, at least. */
const withinMs = 60_000;

/** How a call has ended. */
export interface Outcome<T> {
  readonly value?: T;
  /** Set when it has failed. */
  readonly error?: unknown;
  readonly tookMs: number;
}

/** Waits for a call that must end by itself. @throws Error when it has not within 60 s */
export async function settled<T>(call: Promise<T>, about = "the call"): Promise<Outcome<T>> {
  const startMs = performance.now();
  const tookMs = (): number => performance.now() - startMs;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${about}: not settled within ${withinMs} ms`)), withinMs);
  });
  const outcome = call.then(
    (value): Outcome<T> => ({ value, tookMs: tookMs() }),
    (error: unknown): Outcome<T> => ({
      error: error ?? new Error(`${about}: rejected with nothing`),
      tookMs: tookMs(),
    }),
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
  about?: string,
): Promise<StoreError> {
  return mustBeFailure((await settled(call, about)).error, codes, about);
}

/** Checks an error, and gives it back. */
export function mustBeFailure(
  error: unknown,
  codes: StoreErrorCode | readonly StoreErrorCode[],
  about = "the call",
): StoreError {
  if (!StoreError.is(error)) throw new Error(`${about}: no StoreError`, { cause: error });
  const { code, message, retryable } = error;
  mustBeAmong(code, typeof codes === "string" ? [codes] : codes, `${about}: ${message}`);
  // A length that is wrong may be right the next time.
  const expected = code === "INTEGRITY" || errorCodes[code].retryable;
  mustEqual(retryable, expected, `${about}: ${message}: whether it is retryable`);
  return error;
}

/**
 * Waits for what nothing announces.
 *
 * @throws Error when it has not come true within 30 s
 */
export async function until(isSo: () => boolean | Promise<boolean>, about: string): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`not so within 30 s: ${about}`);
    await delay(5);
  }
}
