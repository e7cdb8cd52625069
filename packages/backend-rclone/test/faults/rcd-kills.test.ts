import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distributionRclone, local, sftp, webdav, type Remote } from "../remotes.ts";
import type { RemotePlace } from "../servers/remote-place.ts";
import { mustBeAmong, mustEqual } from "./checks.ts";
import { before, operations, visible, type Operation } from "./operations.ts";
import { atRequest, durationsOf } from "./requests.ts";
import { full } from "./scope.ts";
import { mustBeFailure, settled, until } from "./settled.ts";
import { isThere, onStages, type Stage } from "./stage.ts";

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
): Promise<{ readonly hasHit: boolean; readonly pid: number | undefined }> {
  const state: { isOver: boolean; pid?: number | undefined } = { isOver: false };
  const kill = (): void => {
    if (!state.isOver) state.pid = stage.signal("SIGKILL");
  };
  const start = (): void => {
    const atMs = performance.now() + afterMs;
    // Timers are too coarse.
    const wait = (): void => void (performance.now() < atMs && !state.isOver ? setImmediate(wait) : kill());
    wait();
  };
  const hasHit = await atRequest(count, start, work);
  state.isOver = true;
  return { hasHit, pid: state.pid };
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
  const { hasHit, pid } = await killing(stage, count, afterMs, async () => {
    ({ error } = await settled(operation.run(backend, directory), about));
  });
  mustEqual(hasHit, true, `${about}: whether it came to that`);
  // Nobody has noticed its end who needed it no more.
  if (error === undefined && pid !== undefined) await until(() => !isThere(pid), "the killed one has gone");
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
    if (at % 2 === 0) await strike(stage, operation, at + 1, 0, true);
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

function operationsOf(...titles: readonly string[]): readonly Operation[] {
  return operations.filter(({ title }) => titles.includes(title));
}

register(local, operations);
// In several steps.
register(webdav, operationsOf("store onto an object", "move onto an object"));
register(sftp, operationsOf("storeStream onto an object", "hash"));
