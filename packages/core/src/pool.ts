/**
 * Runs `work` over `items` with at most `concurrency` at a time and yields the results in the order of the
 * items. Takes items one by one, no more than `concurrency` ahead of what was yielded; stopping early waits for
 * what is under way. `work` must not reject: put errors into the result.
 */
export async function* mapConcurrently<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const running: Promise<R>[] = [];
  try {
    for await (const item of items) {
      running.push(work(item));
      if (running.length >= concurrency) yield await (running.shift() as Promise<R>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<R>);
  } finally {
    await Promise.allSettled(running);
  }
}
