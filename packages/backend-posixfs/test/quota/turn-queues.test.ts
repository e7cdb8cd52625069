import { expect, test } from "vitest";
import { TurnQueues } from "../../src/quota/turn-queues.ts";

test("turns of one key come one after the other, in the order of the calls; other keys do not wait", async () => {
  const turns = new TurnQueues();
  const order: string[] = [];
  const first = await turns.enter("a");
  const waiting = ["second", "third"].map(async (name) => {
    const leave = await turns.enter("a");
    order.push(name);
    await Promise.resolve();
    order.push(`end of ${name}`);
    leave();
  });
  const other = await turns.enter("b");
  expect(order).toEqual([]);
  other();
  first();
  await Promise.all(waiting);
  expect(order).toEqual(["second", "end of second", "third", "end of third"]);
  (await turns.enter("a"))();
});
