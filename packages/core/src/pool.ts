import { isIterable } from "./bytes.ts";
import { StoreError } from "./errors.ts";

/**
 * Runs `work` over `items` with at most `concurrency` at a time and yields the results in the order of the
 * items, each as soon as it and those before it are there, also while the next item keeps one waiting. Takes items
 * one by one, no more than `concurrency` ahead of what was yielded; stopping early waits for what is under way and
 * stops the items. `work` should not reject: put errors into the result. A rejection ends the iteration when its
 * turn comes.
 *
 * @param concurrency an integer of at least 1, or Infinity
 * @throws StoreError `INVALID_ARGUMENT` out of the iteration for any other concurrency.
 */
export async function* mapConcurrently<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  checkConcurrency(concurrency);
  const source = new ItemSource(items);
  const running: Promise<R>[] = [];
  const begin = (step: IteratorResult<T>): void => {
    source.take(step);
    if (step.done === true) return;
    const result = work(step.value);
    // It may reject before its turn comes, which must not count as unhandled.
    result.catch(() => undefined);
    running.push(result);
  };
  try {
    while (!source.hasEnded || running.length > 0) {
      const head = running[0];
      if (head !== undefined && (source.hasEnded || running.length >= concurrency)) {
        void running.shift();
        yield await head;
      } else if (head === undefined || source.isSynchronous) {
        begin(await source.ask());
      } else {
        const step = await firstOf(source.ask(), head);
        if (step !== undefined) {
          begin(step);
        } else {
          void running.shift();
          yield await head;
        }
      }
    }
  } finally {
    try {
      await source.stop();
    } finally {
      await Promise.allSettled(running);
    }
  }
}

/** @throws StoreError `INVALID_ARGUMENT` for what is neither an integer of at least 1 nor Infinity. */
export function checkConcurrency(concurrency: number): void {
  if ((Number.isInteger(concurrency) || concurrency === Infinity) && concurrency >= 1) return;
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `concurrency is an integer of at least 1, not ${String(concurrency)}`,
  });
}

/** The step, or `undefined` when the result is there before it. */
async function firstOf<T>(
  step: Promise<IteratorResult<T>>,
  result: Promise<unknown>,
): Promise<IteratorResult<T> | undefined> {
  return await Promise.race([step, result.then(nothing, nothing)]);
}

function nothing(): undefined {
  return undefined;
}

/** Items one by one; one that was asked for stays asked for until it is taken. */
class ItemSource<T> {
  readonly isSynchronous: boolean;
  hasEnded = false;
  readonly #iterator: AsyncIterator<T> | Iterator<T>;
  #asked: Promise<IteratorResult<T>> | undefined;

  constructor(items: Iterable<T> | AsyncIterable<T>) {
    this.isSynchronous = !isIterable(items, Symbol.asyncIterator);
    this.#iterator = isIterable(items, Symbol.asyncIterator)
      ? items[Symbol.asyncIterator]()
      : items[Symbol.iterator]();
  }

  ask(): Promise<IteratorResult<T>> {
    this.#asked ??= this.#next();
    return this.#asked;
  }

  take(step: IteratorResult<T>): void {
    this.#asked = undefined;
    this.hasEnded = step.done === true;
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const stopped = (async () => await this.#iterator.return?.())();
    if (this.#asked === undefined) await stopped;
    // It is still busy with an item that nobody wants any more: it stops when that has come.
    else stopped.catch(() => undefined);
  }

  async #next(): Promise<IteratorResult<T>> {
    try {
      return await this.#iterator.next();
    } catch (error) {
      this.hasEnded = true;
      throw error;
    }
  }
}
