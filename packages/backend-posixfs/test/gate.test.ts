import { expect, test } from "vitest";
import { addSpent, mustYield, nextTurn } from "../src/gate.ts";

test("callers wait when their common budget is spent, for one turn of the loop, and again when it is spent anew", async () => {
  await nextTurn();
  expect(mustYield()).toBe(false);
  addSpent(0.6);
  expect(mustYield()).toBe(false);
  addSpent(0.6);
  expect(mustYield()).toBe(true);
  const order: string[] = [];
  const caller = async (name: string): Promise<void> => {
    while (mustYield()) await nextTurn();
    order.push(name);
    addSpent(0.6);
  };
  const callers = ["a", "b", "c", "d"].map(caller);
  expect(order).toEqual([]);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(order).toEqual(["a", "b"]);
  await Promise.all(callers);
  expect(order).toEqual(["a", "b", "c", "d"]);
});
