import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distributionRclone, local, sftp, webdav, type Remote } from "../remotes.ts";
import type { RemotePlace } from "../servers/remote-place.ts";
import { mustBeAmong, mustEqual } from "./checks.ts";
import { bytes, collect, contents, inPieces, print } from "./contents.ts";
import { before, operations, visible, type Operation } from "./operations.ts";
import { atRequest, durationsOf } from "./requests.ts";
import { full } from "./scope.ts";
import { mustBeFailure, settled } from "./settled.ts";
import { onStage, onStages, type Stage } from "./stage.ts";

let directories = 0;

async function freshDirectory(stage: Stage): Promise<string> {
  const directory = `data-${++directories}`;
  await stage.plant(directory, before);
  return directory;
}

/** Runs work, and kills rclone at a moment of it. */
async function killing(
  stage: Stage,
  count: number,
  afterMs: number,
  work: () => Promise<void>,
): Promise<boolean> {
  const state = { isOver: false };
  const kill = (): void => {
    if (!state.isOver) stage.signal("SIGKILL");
  };
  const start = (): void => {
    const atMs = performance.now() + afterMs;
    // Timers are too coarse.
    const wait = (): void => void (performance.now() < atMs && !state.isOver ? setImmediate(wait) : kill());
    wait();
  };
  const hasHit = await atRequest(count, start, work);
  state.isOver = true;
  return hasHit;
}

/** Kills rclone at one request of an operation, and looks at what comes of it. */
async function strike(
  stage: Stage,
  operation: Operation,
  count: number,
  afterMs: number,
  isBare: boolean,
): Promise<void> {
  const about = `${operation.title}, ${isBare ? "bare" : "layered"}, request ${count} after ${afterMs} ms`;
  const directory = await freshDirectory(stage);
  const backend = isBare ? stage.bare : stage.backend;
  let error: unknown;
  const hasHit = await killing(stage, count, afterMs, async () => {
    ({ error } = await settled(operation.run(backend, directory), about));
  });
  mustEqual(hasHit, true, `${about}: whether it came to that`);
  // On a new one.
  mustEqual((await stage.bare.info(`${directory}/deep/down`)).size, 1000, `${about}: the next call`);
  const found = await stage.contents(directory);
  if (error === undefined) mustEqual(visible(found), operation.after, about);
  else if (!isBare) throw new Error(about, { cause: error });
  else {
    mustBeFailure(error, "CONNECTION", about);
    mustBeAmong(found, operation.allowed, about);
  }
  mustEqual(await stage.temporary(directory), [], `${about}: temporary files`);
}

async function strikeEverywhere(stage: Stage, operation: Operation): Promise<void> {
  // What is tried out only once is no part of it.
  await operation.run(stage.bare, await freshDirectory(stage));
  const directory = await freshDirectory(stage);
  const durations = await durationsOf(() => operation.run(stage.bare, directory));
  for (const [at, duration] of durations.entries()) {
    await strike(stage, operation, at + 1, 0, true);
    await strike(stage, operation, at + 1, duration / 2, true);
    await strike(stage, operation, at + 1, duration / 2, false);
  }
}

function register(remote: Remote, chosen: readonly Operation[]): void {
  const { title, program, available } = distributionRclone;
  describe.skipIf(full.isLeftOut || !available || !remote.available)(
    `${title} is killed, remote of ${remote.title}${full.tag}`,
    () => {
      let place: RemotePlace;
      beforeAll(async () => void (place = await remote.start()));
      afterAll(() => place.stop());

      test("at each request of each operation: that fails, and with layers a new one carries on", async () => {
        const striking = onStages(place, { rcloneProgram: program }, chosen, strikeEverywhere);
        await expect(striking).resolves.toBeUndefined();
      });
    },
  );
}

/** Those in several steps. */
const inSteps = operations.filter(({ title }) => / onto /.test(title));

register(local, operations);
register(webdav, inSteps);
register(sftp, operations);
