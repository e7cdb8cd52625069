import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { mapConcurrently } from "../src/index.ts";
import { drain, makeGate, turnOfEventLoop, type Gate } from "./guard/test-driver.ts";

async function* asynchronous<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}

test("results come in the order of the items, with no more than `concurrency` at a time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 3 })),
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      async (turns, concurrency, isAsync) => {
        let running = 0;
        let most = 0;
        const work = async (count: number): Promise<number> => {
          most = Math.max(most, ++running);
          for (let i = 0; i < count; i++) await turnOfEventLoop();
          running--;
          return count;
        };
        const results = await drain(
          mapConcurrently(isAsync ? asynchronous(turns) : turns, concurrency, work),
        );
        expect(results).toEqual(turns);
        expect(most).toBeLessThanOrEqual(concurrency);
        expect(isAsync ? 0 : most).toBe(isAsync ? 0 : Math.min(concurrency, turns.length));
      },
    ),
    { numRuns: 60 },
  );
});

test("items are taken no further ahead than `concurrency`", async () => {
  let taken = 0;
  const endless = function* (): Generator<number> {
    for (;;) yield taken++;
  };
  const results = mapConcurrently(endless(), 4, async (item) => item);
  await results.next();
  expect(taken).toBe(4);
  await results.next();
  expect(taken).toBe(5);
  await results.return();
});

test("a result is there as soon as it is done, also while the next item keeps one waiting", async () => {
  const next = makeGate();
  const items = async function* (): AsyncGenerator<number> {
    yield 1;
    await next.promise;
    yield 2;
  };
  const results = mapConcurrently(items(), 16, async (item) => item);
  expect(await results.next()).toEqual({ done: false, value: 1 });
  next.resolve();
  expect(await results.next()).toEqual({ done: false, value: 2 });
  expect((await results.next()).done).toBe(true);
});

test("stopping early stops the items and waits for what is under way", async () => {
  const events: string[] = [];
  const gates: Gate[] = [makeGate(), makeGate()];
  const items = function* (): Generator<number> {
    try {
      yield* [0, 1, 2];
    } finally {
      events.push("items stopped");
    }
  };
  const results = mapConcurrently(items(), 2, async (item) => {
    await gates[item]?.promise;
    events.push(`done ${item}`);
    return item;
  });
  gates[0]?.resolve();
  expect((await results.next()).value).toBe(0);
  const stopping = results.return().then(() => events.push("stopped"));
  await turnOfEventLoop();
  expect(events).toEqual(["done 0", "items stopped"]);
  gates[1]?.resolve();
  await stopping;
  expect(events).toEqual(["done 0", "items stopped", "done 1", "stopped"]);
});

test("stopping does not wait for an item that was asked for and does not come", async () => {
  const next = makeGate();
  const released = vi.fn<() => void>();
  const items = async function* (): AsyncGenerator<number> {
    try {
      yield 1;
      await next.promise;
      yield 2;
    } finally {
      released();
    }
  };
  const results = mapConcurrently(items(), 2, async (item) => item);
  await results.next();
  await results.return();
  next.resolve();
  await turnOfEventLoop();
  expect(released).toHaveBeenCalledOnce();
});

async function failAfterFirst(item: number): Promise<number> {
  if (item === 0) await turnOfEventLoop();
  else throw new Error(`item ${item}`);
  return item;
}

function* oneItem(): Generator<number> {
  yield 1;
  throw new Error("no more items");
}

test("errors of the items and of the work come out, after what is under way; none is left unhandled", async () => {
  const unhandled = vi.fn<(reason: unknown) => void>();
  process.on("unhandledRejection", unhandled);
  const finished = vi.fn<() => void>();
  const work = async (): Promise<void> => {
    await turnOfEventLoop();
    finished();
  };
  await expect(drain(mapConcurrently(oneItem(), 2, work))).rejects.toThrow("no more items");
  expect(finished).toHaveBeenCalledOnce();
  await expect(drain(mapConcurrently([0, 1, 2], 3, failAfterFirst))).rejects.toThrow("item 1");
  await turnOfEventLoop();
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test("concurrency is a whole number from 1 on, or Infinity", async () => {
  for (const wrong of [0, -1, 1.5, Number.NaN, "2" as unknown as number]) {
    await expect(drain(mapConcurrently([1], wrong, async () => 1))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  }
  expect(await drain(mapConcurrently([1, 2, 3], Infinity, async (item) => item))).toEqual([1, 2, 3]);
});
