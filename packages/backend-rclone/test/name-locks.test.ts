import { EventEmitter, once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { NameLocks } from "../src/name-locks.ts";

interface Work {
  readonly done: Promise<string>;
  readonly finish: () => void;
}

/** Takes names until it is told to finish; writes down when it begins and when it ends. */
function begin(
  locks: NameLocks,
  events: string[],
  title: string,
  names: readonly string[],
  signal?: AbortSignal,
): Work {
  const telling = new EventEmitter();
  const told = once(telling, "finish");
  const done = locks.run(names, signal, async () => {
    events.push(`${title} begins`);
    await told;
    events.push(`${title} ends`);
    return title;
  });
  done.catch(() => undefined);
  return { done, finish: () => void telling.emit("finish") };
}

/** Lets everything that can happen without the clock happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await delay(0);
}

test("one piece of work at a time has a name, in the order in which they came", async () => {
  const locks = new NameLocks();
  const events: string[] = [];
  const works = ["one", "two", "three"].map((title) => begin(locks, events, title, ["a"]));
  await settled();
  expect(events).toEqual(["one begins"]);
  for (const { finish } of works.toReversed()) finish();
  expect(await Promise.all(works.map(({ done }) => done))).toEqual(["one", "two", "three"]);
  expect(events).toEqual(["one begins", "one ends", "two begins", "two ends", "three begins", "three ends"]);
});

test("work on other names goes on", async () => {
  const locks = new NameLocks();
  const events: string[] = [];
  const one = begin(locks, events, "one", ["a"]);
  const two = begin(locks, events, "two", ["b"]);
  await settled();
  expect(events).toEqual(["one begins", "two begins"]);
  one.finish();
  two.finish();
  await Promise.all([one.done, two.done]);
});

test("several names in any order, and the same one twice, block nobody for ever", async () => {
  const locks = new NameLocks();
  let most = 0;
  let underWay = 0;
  const names = ["a", "b", "c"];
  await Promise.all(
    Array.from({ length: 60 }, (_each, at) => {
      const [first = "", second = ""] = [names[at % 3], names[(at * 2 + 1) % 3]];
      return locks.run([first, second, "always", first], undefined, async () => {
        most = Math.max(most, ++underWay);
        await delay(0);
        underWay--;
      });
    }),
  );
  expect(most).toBe(1);
});

test("work that fails gives its names back, and its failure to whoever wanted it", async () => {
  const locks = new NameLocks();
  const failure = new Error("no");
  await expect(locks.run(["a", "b"], undefined, () => Promise.reject(failure))).rejects.toBe(failure);
  expect(await locks.run(["b", "a"], undefined, () => Promise.resolve("done"))).toBe("done");
});

test("whoever aborts while it waits is gone at once, and holds up nobody", async () => {
  const locks = new NameLocks();
  const events: string[] = [];
  const aborting = new AbortController();
  const reason = new Error("enough");
  const one = begin(locks, events, "one", ["b"]);
  // Has a already, and waits for b.
  const two = begin(locks, events, "two", ["a", "b"], aborting.signal);
  const three = begin(locks, events, "three", ["b"]);
  const four = begin(locks, events, "four", ["a"]);
  await settled();
  expect(events).toEqual(["one begins"]);
  aborting.abort(reason);
  await expect(two.done).rejects.toBe(reason);
  await settled();
  expect(events).toEqual(["one begins", "four begins"]);
  for (const { finish } of [one, three, four]) finish();
  expect(await Promise.all([one.done, three.done, four.done])).toEqual(["one", "three", "four"]);
  expect(events).not.toContain("two begins");
});

test("an abort before it begins keeps work from beginning", async () => {
  const locks = new NameLocks();
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const events: string[] = [];
  const one = begin(locks, events, "one", ["a"]);
  await settled();
  const two = begin(locks, events, "two", ["a"], signal);
  await expect(two.done).rejects.toBe(reason);
  one.finish();
  await one.done;
  expect(events).toEqual(["one begins", "one ends"]);
});

test("an abort of work that has begun is its own matter", async () => {
  const locks = new NameLocks();
  const aborting = new AbortController();
  const events: string[] = [];
  const one = begin(locks, events, "one", ["a"], aborting.signal);
  await settled();
  aborting.abort();
  one.finish();
  expect(await one.done).toBe("one");
});
