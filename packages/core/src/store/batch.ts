import { throwIfAborted } from "../abort.ts";
import { StoreError } from "../errors.ts";
import type { OperationOptions } from "../options.ts";
import { mapConcurrently } from "../pool.ts";

/** How to work through a batch. */
export interface BatchOptions extends OperationOptions {
  /**
   * Most operations at the same time, an integer of at least 1.
   *
   * @default 16
   */
  readonly concurrency?: number | undefined;
}

/** What became of one item of a batch: its value, or why there is none. */
export type BatchResult<Value> =
  | { readonly name: string; readonly value: Value; readonly error?: never }
  | { readonly name: string; readonly value?: never; readonly error: unknown };

/** Items of a batch: any iterable, read no further ahead than the concurrency. */
export type BatchItems<Item> = Iterable<Item> | AsyncIterable<Item>;

/** Items at the same time, unless asked for otherwise. */
export const defaultConcurrency = 16;

/**
 * Runs an operation over the items of a batch. Results come in the order of the items, an item's error in its
 * result. The iteration itself rejects only when the signal is aborted or the source of the items fails.
 */
export async function* runBatch<Item extends string | { readonly name: string }, Value>(
  items: BatchItems<Item>,
  { concurrency = defaultConcurrency, signal }: BatchOptions,
  operation: (item: Item, options: OperationOptions) => Promise<Value>,
): AsyncGenerator<BatchResult<Value>, void, undefined> {
  checkConcurrency(concurrency);
  const options: OperationOptions = { signal };
  const work = async (item: Item): Promise<BatchResult<Value>> => {
    const name = typeof item === "string" ? item : item.name;
    try {
      return { name, value: await operation(item, options) };
    } catch (error) {
      return { name, error };
    }
  };
  throwIfAborted(signal);
  for await (const result of mapConcurrently(items, concurrency, work)) {
    throwIfAborted(signal);
    yield result;
  }
}

/** @throws StoreError `INVALID_ARGUMENT`. */
export function checkConcurrency(concurrency: number): void {
  if (Number.isSafeInteger(concurrency) && concurrency >= 1) return;
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `concurrency is an integer of at least 1, not ${String(concurrency)}`,
  });
}
