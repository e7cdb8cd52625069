import type { Backend } from "../backend.ts";
import { callSignal } from "../call-abort.ts";
import { StoreError } from "../errors.ts";
import type { ItemInfo } from "../item-info.ts";
import { intercept } from "./intercept.ts";
import type { IterationCall, ListCall, LoadStreamCall, OperationCall } from "./operation-call.ts";
import { RepeatedSource } from "./repeated-source.ts";
import { mayHaveHappened, RetryAttempts, retrySettings, type RetryOptions } from "./retry-attempts.ts";
import { deleteManyWithRetry, type DeleteMany } from "./retry-delete-many.ts";
import { listWithRetry, loadStreamWithRetry } from "./retry-iteration.ts";
import { isRepeatable, wasDoneBefore } from "./retry-lost-answers.ts";

/**
 * Repeats operations that failed with a retryable error, with growing random waits, until the budget is spent.
 * Permanent errors and aborts are never repeated; an abort ends a wait at once. On giving up the last error is
 * thrown on, marked as not retryable.
 *
 * An earlier attempt may have done its work although its answer was lost; `wasDoneBefore` says what a repeated
 * call makes of what it finds then. In particular a `delete` or `move` of an object that never existed can
 * pass for done when its first attempt was lost.
 * - `deleteMany`: only the names that failed are repeated.
 * - `list` starts anew and leaves out what was yielded; `loadStream` goes on where it stopped.
 * - `storeStream` is repeated when its source is a function, or was not touched yet. The source's own errors are
 *   thrown on as they are.
 * - `defrag` onto one of its own sources is only repeated when it surely was not done.
 * - `close` is never repeated: a second one would find the backend closed and hide that data is not durable.
 *
 * @throws StoreError `INVALID_ARGUMENT` for options out of range.
 */
export function withRetry(backend: Backend, options: RetryOptions = {}): Backend {
  const settings = retrySettings(options);

  function attemptsFor(call: OperationCall | IterationCall): RetryAttempts {
    const isOpening = call.operation === "open" || call.operation === "create";
    return new RetryAttempts(
      settings,
      isOpening ? settings.openBudgetMs : settings.budgetMs,
      callSignal(call.options),
    );
  }

  return intercept(backend, {
    label: "retry",
    async call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T> {
      if (call.operation === "close") return await next(call);
      if (call.operation === "deleteMany") {
        // T is what deleteMany gives.
        const deleteMany = next as unknown as DeleteMany;
        return (await deleteManyWithRetry(backend, call, deleteMany, attemptsFor(call))) as T;
      }
      return await callWithRetry(backend, call, next, attemptsFor(call));
    },
    iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>): AsyncIterable<T> {
      const attempts = attemptsFor(call);
      // T is what the operation iterates over.
      const steps =
        call.operation === "list"
          ? listWithRetry(call, next as unknown as List, attempts)
          : loadStreamWithRetry(backend, call, next as unknown as LoadStream, attempts);
      return steps as AsyncIterable<unknown> as AsyncIterable<T>;
    },
  });
}

type List = (call: ListCall) => AsyncIterable<readonly ItemInfo[]>;
type LoadStream = (call: LoadStreamCall) => AsyncIterable<Uint8Array>;

async function callWithRetry<T>(
  backend: Backend,
  call: OperationCall,
  next: (call: OperationCall) => Promise<T>,
  attempts: RetryAttempts,
): Promise<T> {
  const source = call.operation === "storeStream" ? new RepeatedSource(backend, call) : undefined;
  try {
    return await repeat(backend, call, next, attempts, source);
  } finally {
    await source?.release();
  }
}

async function repeat<T>(
  backend: Backend,
  call: OperationCall,
  next: (call: OperationCall) => Promise<T>,
  attempts: RetryAttempts,
  source: RepeatedSource | undefined,
): Promise<T> {
  let isDoneMaybe = false;
  while (true) {
    let failure: unknown;
    try {
      return await next(source?.attempt() ?? call);
    } catch (error) {
      failure = error;
    }
    if (source?.hasFailedWith(failure) === true) throw failure;
    if (isDoneMaybe && StoreError.is(failure) && callSignal(call.options)?.aborted !== true) {
      try {
        // Only operations without a result can be found done.
        if (await wasDoneBefore(backend, call, failure)) return undefined as T;
      } catch (error) {
        // Looking again may help; what cannot be looked at stays what it was.
        if (StoreError.is(error) && error.retryable) failure = error;
      }
    }
    isDoneMaybe ||= mayHaveHappened(failure);
    const canRepeat = source?.canRepeat() ?? (!isDoneMaybe || isRepeatable(call));
    if (!canRepeat && StoreError.is(failure)) failure.retryable = false;
    if (!(await attempts.again(failure))) throw failure;
  }
}
