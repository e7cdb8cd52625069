import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { rcloneBackend } from "../../src/index.ts";
import { markName, processesWith } from "../process/rcd-for-test.ts";
import { distributionRclone, local } from "../remotes.ts";
import { mustEqual } from "./checks.ts";
import { bytes, print } from "./contents.ts";
import { nothingMoreThan, resources } from "./resources.ts";
import { full } from "./scope.ts";
import { failure, mustBeFailure, settled, until } from "./settled.ts";
import { layered, onStage } from "./stage.ts";

const { title, program, available } = distributionRclone;
const value = bytes(1024, 1);

describe.skipIf(full.isLeftOut || !available)(`crowds on ${title}, remote of local${full.tag}`, () => {
  test("1,000 calls at the same time settle, each with an error of its own, over few connections", async () => {
    const place = await local.start();
    try {
      await onStage(place, { rcloneProgram: program, concurrency: 6 }, async (stage) => {
        const before = resources().sockets.size;
        let most = 0;
        const watching = setInterval(() => (most = Math.max(most, resources().sockets.size - before)), 5);
        await stage.plant("data", { there: value });
        const calls = Array.from({ length: 1000 }, async (_, at) => {
          if (at % 4 === 0) await stage.bare.store(`data/${at % 300}`, value);
          else if (at % 4 === 1)
            mustEqual(print(await stage.bare.load("data/there")), print(value), "a load");
          else if (at % 4 === 2) mustEqual((await stage.bare.info("data/there")).size, 1024, "a size");
          else return await failure(stage.bare.load(`data/missing-${at}`), "NOT_FOUND");
          return undefined;
        });
        const errors = (await Promise.all(calls)).filter((error) => error !== undefined);
        clearInterval(watching);
        expect(new Set(errors).size).toBe(250);
        expect(errors[7]?.key).toBe("data/missing-31");
        expect(most).toBeLessThanOrEqual(6 + 2);
        expect(Object.keys(await stage.contents("data"))).toHaveLength(76);
        expect(await stage.temporary("data")).toEqual([]);
      });
    } finally {
      await place.stop();
    }
  });

  test("calls that wait for their turn are aborted at once", async () => {
    const place = await local.start();
    try {
      await onStage(place, { rcloneProgram: program, concurrency: 2 }, async (stage) => {
        const stop = new AbortController();
        const reason = new Error("enough");
        await stage.freeze();
        const calls = Array.from({ length: 200 }, () => stage.bare.load("data/x", { signal: stop.signal }));
        setTimeout(() => stop.abort(reason), 50);
        for (const one of await Promise.allSettled(calls))
          expect(one).toMatchObject({ status: "rejected", reason });
        stage.signal("SIGCONT");
        await failure(stage.bare.load("data/x"), "NOT_FOUND");
      });
    } finally {
      await place.stop();
    }
  });

  test("300 calls under way when rclone is killed all fail, or with layers succeed", async () => {
    const place = await local.start();
    try {
      await onStage(place, { rcloneProgram: program, concurrency: 16 }, async (stage) => {
        await stage.plant("data", { there: value });
        const bare = Array.from({ length: 300 }, (_, at) => settled(stage.bare.store(`bare/${at}`, value)));
        const backend = layered(stage.bare);
        const others = Array.from({ length: 100 }, (_, at) => backend.store(`layered/${at}`, value));
        await Promise.race(bare);
        stage.signal("SIGKILL");
        await Promise.all(others);
        const errors = (await Promise.all(bare)).flatMap(({ error }) => (error === undefined ? [] : [error]));
        for (const error of errors) mustBeFailure(error, "CONNECTION");
        // Those whose turn came later found a new one.
        expect(errors.length).toBeLessThanOrEqual(16);
        const found = await stage.contents("bare");
        expect(Object.keys(found).length).toBeGreaterThanOrEqual(300 - errors.length);
        expect(new Set(Object.values(found))).toEqual(new Set([print(value)]));
        expect(Object.keys(await stage.contents("layered"))).toHaveLength(100);
      });
    } finally {
      await place.stop();
    }
  });

  test("backends with equal settings share one rclone, and one that closes does not disturb the others", async () => {
    const nothing = resources();
    const place = await local.start();
    try {
      const mark = randomUUID();
      const options = { rcloneProgram: program, environment: { [markName]: mark } };
      const backends = Array.from({ length: 5 }, (_, at) =>
        rcloneBackend({ ...place.options(`${at}`), ...options }),
      );
      await Promise.all(backends.map(async (one) => await one.create()));
      await Promise.all(backends.map(async (one) => await one.open()));
      // rclone and its watchdog.
      expect(processesWith(mark)).toHaveLength(2);
      for (const [at, leaving] of backends.entries()) {
        const staying = backends.slice(at + 1);
        const working = staying.map(async (one) => {
          for (let round = 0; round < 10; round++) {
            await one.store(`data/${round}`, value);
            mustEqual(print(await one.load(`data/${round}`)), print(value), "a load");
          }
        });
        const closing = leaving.close();
        await Promise.all(working);
        await closing;
        expect(processesWith(mark).length === 2 || staying.length === 0).toBe(true);
      }
      await until(() => processesWith(mark).length === 0, "no process is left");
      await nothingMoreThan(nothing);
    } finally {
      await place.stop();
    }
  });
});
