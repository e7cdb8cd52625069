import { expect, test } from "vitest";
import { FsPool } from "../src/fs-pool.ts";

interface Hold {
  readonly promise: Promise<void>;
  release(): void;
}

function hold(): Hold {
  const releases: (() => void)[] = [];
  const promise = new Promise<void>((resolve) => releases.push(resolve));
  return { promise, release: () => releases.forEach((release) => release()) };
}

test("operations run in order, no more than allowed at a time", async () => {
  const pool = new FsPool(2, 10_000);
  const holds = [hold(), hold(), hold()];
  const started: number[] = [];
  const runs = holds.map(({ promise }, index) =>
    pool.run(async () => {
      started.push(index);
      await promise;
      return index;
    }),
  );
  await Promise.resolve();
  expect(started).toEqual([0, 1]);
  holds[1]?.release();
  expect(await runs[1]).toBe(1);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(started).toEqual([0, 1, 2]);
  holds[0]?.release();
  holds[2]?.release();
  expect(await Promise.all(runs)).toEqual([0, 1, 2]);
});

test("an operation that makes no progress is given up, may clean up, and keeps its place meanwhile", async () => {
  const pool = new FsPool(1, 30);
  const stuck = hold();
  let afterwards: unknown;
  const run = pool.run(async (turn) => {
    await stuck.promise;
    try {
      await turn.mkdir("/must/not/be/made");
    } catch (error) {
      afterwards = error;
    }
  });
  const queued = pool.run(async () => "never started");
  const [ran, waited] = await Promise.allSettled([run, queued]);
  expect(ran).toMatchObject({ status: "rejected", reason: { code: "TIMEOUT", retryable: true } });
  expect(waited).toMatchObject({ status: "rejected", reason: { code: "TIMEOUT" } });
  expect(afterwards).toBeUndefined();
  stuck.release();
  expect(await pool.run(async () => "next")).toBe("next");
  expect(afterwards).toMatchObject({ code: "TIMEOUT" });
});

test("a waiter that was aborted leaves the queue", async () => {
  const pool = new FsPool(1, 10_000);
  const first = hold();
  const running = pool.run(() => first.promise);
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const waiting = pool.run(async () => "started", controller.signal);
  controller.abort(reason);
  first.release();
  await expect(waiting).rejects.toBe(reason);
  await running;
});
