import { expect, test } from "vitest";
import { forEachConcurrently } from "../src/index.ts";
import { turnOfEventLoop } from "./guard/test-driver.ts";

test.each([1, 3, 100, Infinity])(
  "every item is worked on once, in order, with %d at a time at most",
  async (concurrency) => {
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const items = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const failure = await forEachConcurrently(items, concurrency, async (item) => {
      begun.push(item);
      most = Math.max(most, ++running);
      await turnOfEventLoop();
      running--;
    });
    expect(failure).toBeUndefined();
    expect(begun).toEqual(items);
    expect(running).toBe(0);
    expect(most).toBe(Math.min(concurrency, items.length));
  },
);

test("it goes on after failures and tells the first", async () => {
  const begun: string[] = [];
  const failure = await forEachConcurrently(["a", "b", "c", "d"], 2, async (item) => {
    begun.push(item);
    await turnOfEventLoop();
    if (item === "b" || item === "c") throw new Error(item);
  });
  expect(failure?.error).toMatchObject({ message: "b" });
  expect(begun).toEqual(["a", "b", "c", "d"]);
});

test("a failure that is `undefined` is one, too", async () => {
  const failure = await forEachConcurrently(["a"], 2, async () => {
    throw undefined;
  });
  expect(failure).toEqual({ error: undefined });
});

function* twoItems(): Generator<string> {
  yield "a";
  yield "b";
  throw new Error("no more items");
}

test.each([1, 2, 3])(
  "a failure of the items comes after what is under way, %d at a time",
  async (concurrency) => {
    const finished: string[] = [];
    const failure = await forEachConcurrently(twoItems(), concurrency, async (item) => {
      await turnOfEventLoop();
      finished.push(item);
    });
    expect(failure?.error).toMatchObject({ message: "no more items" });
    expect(finished).toEqual(["a", "b"]);
  },
);

test("concurrency is a whole number from 1 on, or Infinity", async () => {
  for (const wrong of [0, -1, 1.5, Number.NaN, "2" as unknown as number]) {
    await expect(forEachConcurrently([1], wrong, async () => undefined)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  }
});
