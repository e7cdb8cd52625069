import { composeLayers, defaultLayers, type Backend } from "@borgstore/core";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { rcloneBackend, type RcloneOptions } from "../../src/index.ts";
import { markName, processesWith, readOrEmpty } from "../process/rcd-for-test.ts";
import type { RemotePlace } from "../servers/remote-place.ts";
import type { Contents, Values } from "./contents.ts";
import { contentsOf, temporaryIn } from "./look-inside.ts";
import { mustEqual } from "./checks.ts";
import { nothingMoreThan, resources } from "./resources.ts";
import { settled, until } from "./settled.ts";

/** Layers as a store has them, that do not wait long. */
export function layered(backend: Backend): Backend {
  const retry = { firstDelayMs: 1, maxDelayMs: 20 };
  return composeLayers(backend, { ...defaultLayers(backend.capabilities), retry });
}

/** The rclone that is the leader of its group; there is none before the first call, and for a moment after its end. */
function leaderAmong(pids: readonly number[]): number | undefined {
  return pids.find((pid) => {
    try {
      process.kill(-pid, 0);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether a child of ours runs, or has ended and we have not heard of it. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A backend with an rclone of its own, and how to hurt that. */
export class Stage {
  readonly bare: Backend;
  /** The same backend under layers. */
  readonly backend: Backend;
  readonly place: RemotePlace;
  readonly path: string;
  readonly #mark: string;

  constructor(place: RemotePlace, path: string, options: RcloneOptions) {
    this.place = place;
    this.path = path;
    this.#mark = randomUUID();
    const environment = { ...options.environment, [markName]: this.#mark };
    this.bare = rcloneBackend({ ...place.options(path), ...options, environment });
    this.backend = layered(this.bare);
  }

  /** rclone and its watchdog. */
  get processes(): readonly number[] {
    return processesWith(this.#mark);
  }

  /** rclone; `undefined` while there is none. */
  get pid(): number | undefined {
    return leaderAmong(this.processes);
  }

  /** Sends a signal to rclone, if it runs; gives its id. */
  signal(signal: NodeJS.Signals): number | undefined {
    const { pid } = this;
    // A child of ours keeps its id until we have heard of its end.
    if (pid !== undefined) process.kill(pid, signal);
    return pid;
  }

  /** Stops rclone, and waits until each of its threads has stopped; `SIGCONT` lets it go on. */
  async freeze(): Promise<void> {
    const pid = this.signal("SIGSTOP");
    const hasStopped = (task: string): boolean =>
      /\) [tTZX] /.test(readOrEmpty(`/proc/${pid}/task/${task}/stat`) || ") X ");
    await until(() => fs.readdirSync(`/proc/${pid}/task`).every(hasStopped), "rclone has stopped");
  }

  /** Puts values into a directory of the storage past rclone. */
  async plant(directory: string, values: Values): Promise<void> {
    const { place, path } = this;
    for (const [name, value] of Object.entries(values))
      await place.plant(path, `${directory}/${name}`, value);
  }

  /** What is in a directory of the storage, past rclone. */
  async contents(directory: string): Promise<Contents> {
    return await contentsOf(this.place, `${this.path}/${directory}`);
  }

  async temporary(directory: string): Promise<readonly string[]> {
    return await temporaryIn(this.place, `${this.path}/${directory}`);
  }
}

let stages = 0;

/** Plays a test with an open backend, and checks in the end that no process, connection or timer is left of it. */
export async function onStage(
  place: RemotePlace,
  options: RcloneOptions,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const nothing = resources();
  await withStage(place, options, play);
  await nothingMoreThan(nothing);
}

/** Plays with so many backends at the same time, each with an rclone of its own, which take turns with the items. */
export async function onStages<T>(
  place: RemotePlace,
  options: RcloneOptions,
  items: readonly T[],
  play: (stage: Stage, item: T) => Promise<void>,
): Promise<void> {
  const nothing = resources();
  const waiting = [...items];
  const lane = (): Promise<void> =>
    withStage(place, options, async (stage) => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await play(stage, item);
    });
  const ended = await Promise.allSettled(Array.from({ length: 4 }, lane));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  await nothingMoreThan(nothing);
}

async function withStage(
  place: RemotePlace,
  options: RcloneOptions,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = new Stage(place, `stage-${process.pid}-${++stages}`, options);
  // Those with little patience may need more than one attempt while rclone starts.
  await stage.backend.create();
  await stage.backend.open();
  let isDone = false;
  try {
    await play(stage);
    isDone = true;
  } finally {
    const { error } = await settled(stage.bare.close(), "close");
    if (isDone) mustEqual(error, undefined, "what close fails with");
  }
  await until(() => stage.processes.length === 0, "no process is left");
}
