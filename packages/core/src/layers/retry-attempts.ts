import { delay, throwIfAborted } from "../abort.ts";
import { realSignal, type CallSignal } from "../call-abort.ts";
import { StoreError } from "../errors.ts";
import { checkDuration, checkNumber } from "./check-option.ts";

/** How long and how often failed operations are repeated. */
export interface RetryOptions {
  /**
   * How long, in milliseconds from its start, an operation is repeated. No attempt starts later than that,
   * except the second one, which is always made. A listing or stream gets it anew with each page or piece.
   *
   * @default 120_000
   */
  readonly budgetMs?: number | undefined;
  /**
   * The same for `create` and `open`, where a user is waiting to hear that an address is wrong.
   *
   * @default 20_000
   */
  readonly openBudgetMs?: number | undefined;
  /**
   * Longest wait before the second attempt, in milliseconds; doubled for each further one. Half of each wait is
   * random, so that clients that failed together do not come back together.
   *
   * @default 250
   */
  readonly firstDelayMs?: number | undefined;
  /**
   * Longest wait between two attempts, in milliseconds.
   *
   * @default 15_000
   */
  readonly maxDelayMs?: number | undefined;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly now?: (() => number) | undefined;
  /** Random numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Waits, or rejects with `signal.reason` as soon as that is aborted. Default: a timer. */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/** Retry options with the defaults filled in. */
export type RetrySettings = { readonly [K in keyof RetryOptions]-?: NonNullable<RetryOptions[K]> };

/**
 * Checks options and fills in the defaults.
 *
 * @throws StoreError `INVALID_ARGUMENT`.
 */
export function retrySettings(options: RetryOptions): RetrySettings {
  return {
    budgetMs: checkDuration("retry.budgetMs", options.budgetMs ?? 120_000),
    openBudgetMs: checkDuration("retry.openBudgetMs", options.openBudgetMs ?? 20_000),
    firstDelayMs: checkNumber("retry.firstDelayMs", options.firstDelayMs ?? 250, 0),
    maxDelayMs: checkNumber("retry.maxDelayMs", options.maxDelayMs ?? 15_000, 0),
    now: options.now ?? (() => performance.now()),
    random: options.random ?? Math.random,
    sleep: options.sleep ?? delay,
  };
}

/**
 * Whether a failed attempt may have done its work all the same. Being told to slow down says that it has not, and so
 * does an error that is marked as unsent.
 */
export function mayHaveHappened(error: unknown): boolean {
  return !StoreError.is(error) || (error.code !== "RATE_LIMITED" && !error.unsent);
}

/** Above that a wait of 0 would be multiplied by infinity, which is no number, and the budget never spent. */
const maxDoublings = 50;

/** The attempts of one operation: decides whether there is another one, and waits for it. */
export class RetryAttempts {
  readonly #settings: RetrySettings;
  readonly #budgetMs: number;
  readonly #signal: CallSignal | undefined;
  #startMs: number;
  #failures = 0;

  constructor(settings: RetrySettings, budgetMs: number, signal: CallSignal | undefined) {
    this.#settings = settings;
    this.#budgetMs = budgetMs;
    this.#signal = signal;
    this.#startMs = settings.now();
  }

  /** Something new has arrived: the budget starts anew. */
  progress(): void {
    this.#failures = 0;
    this.#startMs = this.#settings.now();
  }

  /**
   * After a failed attempt. `true`: it is time for the next one. `false`: there is none, because the error is
   * permanent or the budget is spent; a retryable error is marked as not retryable then, so that nobody further
   * up repeats what was repeated here. Rejects with `signal.reason` when aborted before or meanwhile.
   */
  async again(error: unknown): Promise<boolean> {
    throwIfAborted(this.#signal);
    if (!StoreError.is(error) || !error.retryable) return false;
    const { firstDelayMs, maxDelayMs, random, now, sleep } = this.#settings;
    const longestMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(this.#failures, maxDoublings));
    const waitMs = longestMs * (0.5 + 0.5 * random());
    this.#failures++;
    if (this.#failures > 1 && now() + waitMs - this.#startMs > this.#budgetMs) {
      error.retryable = false;
      return false;
    }
    await sleep(waitMs, realSignal(this.#signal));
    throwIfAborted(this.#signal);
    return true;
  }
}
