import { RetryAttempts, retrySettings, type CallSignal } from "@borgstore/core";

/** How long, in ms, a part of a larger operation is repeated; what the retry layer takes for a whole one. */
const budgetMs = 120_000;

/**
 * Attempts at a part of a larger operation, where repeating all of it would be a waste: a part of an upload, a further
 * page of a listing, the rest of a stream. When they end, the error is marked as not retryable, so that the retry layer
 * above does not multiply them.
 */
export function attempts(signal: CallSignal | undefined): RetryAttempts {
  return new RetryAttempts(retrySettings({ budgetMs }), budgetMs, signal);
}

/** Repeats work that may be repeated, until it succeeds, fails for good, or its time is over. */
export async function repeated<T>(signal: CallSignal | undefined, work: () => Promise<T>): Promise<T> {
  const tries = attempts(signal);
  while (true) {
    try {
      return await work();
    } catch (error) {
      if (!(await tries.again(error))) throw error;
    }
  }
}
