import { checkConcurrency } from "./pool.ts";

/**
 * Does `work` for each item, at most `concurrency` at a time, and goes on after failures: for work whose results
 * nobody needs. Takes the items one by one and begins in their order; resolves when all that was begun has ended.
 *
 * @param concurrency an integer of at least 1, or Infinity
 * @returns the first failure, or `undefined` when there was none; one of the items themselves ends them
 * @throws StoreError `INVALID_ARGUMENT` for any other concurrency.
 */
export async function forEachConcurrently<T>(
  items: Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<{ readonly error: unknown } | undefined> {
  checkConcurrency(concurrency);
  let failure: { readonly error: unknown } | undefined;
  const iterator = items[Symbol.iterator]();
  const next = (): IteratorResult<T> => {
    try {
      return iterator.next();
    } catch (error) {
      failure ??= { error };
      return { done: true, value: undefined };
    }
  };
  const worker = async (first: IteratorResult<T>): Promise<void> => {
    for (let step = first; step.done !== true; step = next()) {
      try {
        await work(step.value);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  const workers: Promise<void>[] = [];
  for (let step = next(); step.done !== true; step = next()) {
    workers.push(worker(step));
    if (workers.length >= concurrency) break;
  }
  await Promise.all(workers);
  return failure;
}
