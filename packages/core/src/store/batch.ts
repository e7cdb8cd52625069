import { raceAbort, throwIfAborted } from "../abort.ts";
import { describeType, isIterable } from "../bytes.ts";
import { usualConcurrency } from "../capabilities.ts";
import { StoreError } from "../errors.ts";
import type { OperationOptions } from "../options.ts";
import { mapConcurrently } from "../pool.ts";
import type { OperationContext } from "./operation.ts";

/** How to work through a batch. */
export interface BatchOptions extends OperationOptions {
  /**
   * Most operations at the same time, an integer of at least 1.
   *
   * @default what the backend's capability `concurrency` says, else 16
   */
  readonly concurrency?: number | undefined;
}

/** What became of one item of a batch: its value, or why there is none. */
export type BatchResult<Value> =
  | { readonly name: string; readonly value: Value; readonly error?: never }
  | { readonly name: string; readonly value?: never; readonly error: unknown };

/** Items of a batch: any iterable, read no further ahead than the concurrency (`deleteMany`: than 1,000). */
export type BatchItems<Item> = Iterable<Item> | AsyncIterable<Item>;

/**
 * Runs an operation over the items of a batch. Results come in the order of the items, an item's error in its
 * result. The iteration itself rejects only when the signal is aborted or the source of the items fails.
 */
export async function* runBatch<Item extends string | { readonly name: string }, Value>(
  { backend }: OperationContext,
  items: BatchItems<Item>,
  { concurrency = usualConcurrency(backend.capabilities), signal }: BatchOptions,
  operation: (item: Item, options: OperationOptions) => Promise<Value>,
): AsyncGenerator<BatchResult<Value>, void, undefined> {
  checkBatch(items, concurrency);
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
  for await (const result of mapConcurrently(untilAborted(items, signal), concurrency, work)) {
    throwIfAborted(signal);
    yield result;
  }
}

/** Items until the signal is aborted, also while one keeps the batch waiting: then `signal.reason` is thrown. */
export function untilAborted<Item>(
  items: BatchItems<Item>,
  signal: AbortSignal | undefined,
): BatchItems<Item> {
  // Items that do not come asynchronously never keep anybody waiting.
  if (signal === undefined || !isIterable(items, Symbol.asyncIterator)) return items;
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = items[Symbol.asyncIterator]();
      const stop = async (): Promise<void> => void (await iterator.return?.());
      return {
        next: async () => {
          try {
            return await raceAbort(iterator.next(), signal);
          } catch (error) {
            // It may still be busy with an item: it stops when that has come, and nobody listens any more.
            if (signal.aborted) stop().catch(() => undefined);
            throw error;
          }
        },
        return: async () => {
          await stop();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/**
 * A single name is refused: it would be taken for the names of its letters.
 *
 * @throws StoreError `INVALID_ARGUMENT`.
 */
export function checkBatch(items: unknown, concurrency: number): void {
  if (!isIterable(items, Symbol.asyncIterator) && !isIterable(items, Symbol.iterator)) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: `a batch is an iterable of items, such as an array, not ${describeType(items)}`,
    });
  }
  if (Number.isSafeInteger(concurrency) && concurrency >= 1) return;
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `concurrency is an integer of at least 1, not ${String(concurrency)}`,
  });
}
