import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RcloneOptions } from "../../src/index.ts";
import { distributionRclone, local } from "../remotes.ts";
import type { RemotePlace } from "../servers/remote-place.ts";
import { mustBeAmong, mustEqual } from "./checks.ts";
import { bytes, inPieces } from "./contents.ts";
import { before, operations } from "./operations.ts";
import { full } from "./scope.ts";
import { failure, mustBeFailure, settled } from "./settled.ts";
import { onStage, type Stage } from "./stage.ts";

const { title, program, available } = distributionRclone;
/** Long operations take ten times as long. A busy machine may take so long for an answer now and then. */
const options: RcloneOptions = {
  rcloneProgram: program,
  requestTimeoutMs: 800,
  stallTimeoutMs: 1500,
  concurrency: 32,
};

/** Plays with a frozen rclone, which goes on afterwards. */
async function frozen(stage: Stage, play: () => Promise<void>): Promise<void> {
  await stage.freeze();
  try {
    await play();
  } finally {
    stage.signal("SIGCONT");
  }
}

describe.skipIf(full.isLeftOut || !available)(`${title} is frozen, remote of local${full.tag}`, () => {
  let place: RemotePlace;
  beforeAll(async () => void (place = await local.start()));
  afterAll(() => place.stop());

  test("each call is given up in time, and works again when it goes on", async () => {
    const playing = onStage(place, options, async (stage) => {
      for (const [at] of operations.entries()) await stage.plant(`all-${at}`, before);
      await frozen(stage, async () => {
        const ended = operations.map(async ({ run, title: about, isLong }, at) => {
          const { error, tookMs } = await settled(run(stage.bare, `all-${at}`), about);
          mustBeFailure(error, "TIMEOUT", about);
          // Some ask twice, or clean up.
          mustEqual(tookMs < (isLong === true ? 30_000 : 15_000), true, `${about}: in time`);
        });
        for (const one of await Promise.allSettled(ended)) if (one.status === "rejected") throw one.reason;
      });
      for (const [at, { title: about, allowed, run }] of operations.entries()) {
        // What it was asked before it finds when it goes on, whoever waits for it.
        mustBeAmong(await stage.contents(`all-${at}`), allowed, about);
        await stage.plant(`again-${at}`, before);
        await run(stage.backend, `again-${at}`);
      }
    });
    await expect(playing).resolves.toBeUndefined();
  });

  test("streams under way are given up, and only they when it goes on", async () => {
    await onStage(place, options, async (stage) => {
      const value = bytes(8_000_000, 7);
      await stage.plant("data", { large: value, old: bytes(100, 1) });
      const pieces = stage.bare.loadStream("data/large")[Symbol.asyncIterator]();
      await pieces.next();
      const readOn = async (): Promise<void> => {
        while ((await pieces.next()).done !== true);
      };
      await frozen(stage, async () => {
        await Promise.all([
          failure(readOn(), "TIMEOUT", "a stream that is read"),
          failure(
            stage.bare.storeStream("data/old", inPieces(value, 500_000)),
            "TIMEOUT",
            "one that is stored",
          ),
        ]);
      });
      expect(await stage.bare.load("data/old")).toHaveLength(100);
      expect(await stage.bare.load("data/large")).toHaveLength(value.byteLength);
      expect(Object.keys(await stage.contents("data"))).toEqual(["large", "old"]);
    });
  });

  test("with layers a call waits until it goes on", async () => {
    await onStage(place, options, async (stage) => {
      await stage.plant("data", before);
      await frozen(stage, async () => {
        setTimeout(() => stage.signal("SIGCONT"), 2000);
        expect(await stage.backend.load("data/old")).toHaveLength(6000);
      });
    });
  });

  test("close ends it all the same", async () => {
    // The stage closes it, and looks that nothing is left.
    const closing = onStage(place, options, async (stage) => {
      await stage.freeze();
    });
    await expect(Promise.race([closing, delay(60_000, "late", { ref: false })])).resolves.toBeUndefined();
  });

  test("close that is aborted ends the calls under way", async () => {
    await onStage(place, { ...options, requestTimeoutMs: 300_000 }, async (stage) => {
      await stage.plant("data", before);
      await stage.freeze();
      const loading = settled(stage.bare.load("data/old"));
      const closing = await settled(stage.bare.close({ signal: AbortSignal.timeout(300) }), "close");
      expect(closing.error).toMatchObject({ name: "TimeoutError" });
      mustBeFailure((await loading).error, "NOT_OPEN");
    });
  });
});
