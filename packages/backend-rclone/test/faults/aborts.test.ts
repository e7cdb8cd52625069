import { delay, type Backend } from "@borgstore/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  distributionRclone,
  local,
  memory,
  newestRclone,
  s3,
  sftp,
  webdav,
  type Remote,
} from "../remotes.ts";
import type { RemotePlace } from "../servers/remote-place.ts";
import { mustBeAmong, mustEqual } from "./checks.ts";
import { bytes, inPieces, print, type Contents } from "./contents.ts";
import { atRequest, durationsOf } from "./requests.ts";
import { full } from "./scope.ts";
import { settled } from "./settled.ts";
import { onStage, type Stage } from "./stage.ts";

const newer = newestRclone.available ? newestRclone : distributionRclone;

/** Longer and shorter than what rclone takes at once. */
const sizes = { small: 40_000, large: 3_000_000 };
type Size = keyof typeof sizes;
type Store = (backend: Backend, name: string, value: Uint8Array, signal?: AbortSignal) => Promise<void>;

const stores: Readonly<Record<string, Store>> = {
  store: (backend, name, value, signal) => backend.store(name, value, { signal }),
  stream: (backend, name, value, signal) =>
    backend.storeStream(name, inPieces(value, Math.ceil(value.byteLength / 7), 5), { signal }),
};

/** What is there, past rclone where that can be. */
async function found(stage: Stage, directory: string): Promise<Contents> {
  if (stage.place.canLookInside) return await stage.contents(directory);
  return { x: print(await stage.bare.load(`${directory}/x`)) };
}

/**
 * The value, once there is one: where rclone cannot replace in one step (sftp and webdav before 1.75), what was given up
 * half way is ended behind the caller's back, and for that moment nothing has the name.
 */
async function settledValue(stage: Stage, directory: string): Promise<unknown> {
  const endMs = performance.now() + 10_000;
  while (true) {
    // What is looked at may go away meanwhile.
    const { value } = await settled(found(stage, directory), "looking");
    if (value?.["x"] !== undefined || performance.now() > endMs) return value?.["x"];
    await delay(20);
  }
}

async function abortAtManyPoints(stage: Stage, title: string, store: Store, size: Size): Promise<void> {
  const directory = `${title}-${size}`;
  const name = `${directory}/x`;
  let seed = 1;
  const old = bytes(sizes[size], seed);
  // What was given up when rclone had all of it may come a moment later, whole.
  let possible = [print(old)];
  await store(stage.bare, name, old);
  // Once more, as then nothing is tried out.
  const durations = await durationsOf(() => store(stage.bare, name, old));
  const outcomes = { aborted: 0, stored: 0 };
  for (const [at, duration] of durations.entries()) {
    for (const part of [0, 0.6]) {
      const fresh = bytes(sizes[size] - seed, ++seed);
      const about = `${title}, ${size}, request ${at + 1}, ${part}`;
      const stop = new AbortController();
      const reason = new Error("enough");
      let error: unknown;
      const abort = (): void => {
        if (part === 0) stop.abort(reason);
        else setTimeout(() => stop.abort(reason), part * duration);
      };
      await atRequest(at + 1, abort, async () => {
        ({ error } = await settled(store(stage.bare, name, fresh, stop.signal), about));
      });
      if (error !== undefined) mustEqual(error, reason, about);
      outcomes[error === undefined ? "stored" : "aborted"]++;
      const x = await settledValue(stage, directory);
      possible = error === undefined ? [print(fresh)] : [...possible, print(fresh)];
      mustBeAmong(x, possible, about);
    }
  }
  expect(outcomes.aborted).toBeGreaterThan(1);
  // And nothing more comes of it.
  const last = bytes(sizes[size], ++seed);
  await store(stage.bare, name, last);
  mustEqual((await found(stage, directory))["x"], print(last), title);
}

function register(remote: Remote, { title, program, available }: typeof newestRclone): void {
  describe.skipIf(full.isLeftOut || !available || !remote.available)(
    `overwriting is aborted, ${title}, remote of ${remote.title}${full.tag}`,
    () => {
      let place: RemotePlace;
      beforeAll(async () => void (place = await remote.start()));
      afterAll(() => place.stop());

      test("at many points: the old value or the new one is there whole, and nothing else", async () => {
        let directories: string[] = [];
        let path = "";
        await onStage(place, { rcloneProgram: program }, async (stage) => {
          ({ path } = stage);
          for (const size of ["small", "large"] as const) {
            for (const [kind, store] of Object.entries(stores))
              await abortAtManyPoints(stage, kind, store, size);
          }
          directories = Object.keys(stores).flatMap((kind) =>
            ["small", "large"].map((size) => `${kind}-${size}`),
          );
        });
        if (!place.canLookInside) return;
        // Closing waits for those that clean up. What rclone still makes for a server after that a listing removes, later.
        const isServed = [sftp, webdav].some((one) => one.title === remote.title);
        const names = (await place.names(path)).filter(
          (name) => !name.endsWith("borgstore.hid") && !(isServed && name.endsWith(".tmp")),
        );
        expect(names).toEqual(directories.map((directory) => `${directory}/x`).sort());
      });
    },
  );
}

register(local, newer);
register(sftp, newer);
register(webdav, newer);
register(s3, newer);
register(memory, newer);
