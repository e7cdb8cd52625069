import { delay, StoreError } from "@borgstore/core";
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { errnoOf } from "../classify.ts";
import type { FileAccess } from "../file-access.ts";
import { createFlags, fileMode, loadFlags, type FileCalls } from "../file-calls.ts";
import { nowMs } from "../gate.ts";
import { pauseOrThrow } from "../load-file.ts";
import { newProcessToken, ownerState } from "./process-token.ts";

const lockNames = /^quota-(?:lock|steal)(?:-[0-9a-f]{16})?\.hid$/;

const longestPauseMs = 20;
const longestContent = 256;

/** Times in ms that concern the lives of locks. */
export interface LockPace {
  /** How often a holder shows signs of life at most. Locks that are held for milliseconds need none. */
  readonly beatMs: number;
  /** How long without one a holder of whom nothing else is known counts as gone. */
  readonly silenceMs: number;
}

const usualPace: LockPace = Object.freeze({ beatMs: 1000, silenceMs: 30_000 });

/** A lock that is held. */
export interface HeldLock {
  /** Shows those who wait that its holder is still at it; to be called often during long work. */
  beat(): Promise<void>;
  release(): Promise<void>;
}

/** How a lock looks to those who want it. */
interface Sighting {
  readonly owner: string;
  readonly writtenMs: number;
}

/**
 * Locks between processes: exclusive files in the storage's directory that name the process that holds them. One of a
 * process that has ended is removed by whoever wants it next.
 */
export class FileLocks {
  readonly #access: FileAccess;
  readonly #base: string;
  readonly #deadlineMs: number;
  readonly #pace: LockPace;

  /** @param deadlineMs how long a lock may be held by another process without a sign of life */
  constructor(access: FileAccess, base: string, deadlineMs: number, pace: LockPace = usualPace) {
    this.#access = access;
    this.#base = base;
    this.#deadlineMs = deadlineMs;
    this.#pace = pace;
  }

  /** Whether a file in the storage's directory is a lock. */
  static isLockName(fileName: string): boolean {
    return lockNames.test(fileName);
  }

  /** The lock's file name for something with a name of its own. */
  static nameFor(subject: string): string {
    return `quota-lock-${digestOf(subject)}.hid`;
  }

  /**
   * Waits for a lock and takes it. Not first come first served.
   *
   * @throws StoreError `TIMEOUT` when another process holds it and shows no sign of life for the deadline;
   *   `BACKEND_NOT_FOUND` when the storage is gone; the operating system's error, `ENOSPC` for example.
   */
  async acquire(fileName: string, signal?: AbortSignal): Promise<HeldLock> {
    const token = newProcessToken();
    const path = `${this.#base}/${fileName}`;
    let seen: Sighting | undefined;
    let seenMs = 0;
    let withoutHandles = 0;
    for (let attempt = 0; ; attempt++) {
      try {
        if (await this.#access.run((calls) => this.#create(calls, path, token), signal)) {
          return this.#held(path, token);
        }
      } catch (error) {
        await pauseOrThrow(error, ++withoutHandles);
        continue;
      }
      const now = await this.#access.run((calls) => look(calls, path));
      if (now === undefined) continue;
      if (!isSame(now, seen)) seenMs = nowMs();
      seen = now;
      const silentMs = nowMs() - seenMs;
      const state = ownerState(now.owner);
      if (state === "dead" || (state === "unknown" && silentMs >= this.#pace.silenceMs)) {
        await this.#steal(path, now);
      } else if (silentMs >= this.#deadlineMs) {
        throw new StoreError("TIMEOUT", {
          detail: `another process holds ${path} for more than ${this.#deadlineMs} ms`,
        });
      }
      await delay(Math.random() * Math.min(2 ** attempt, longestPauseMs), signal);
    }
  }

  /** Removes the locks of processes that have ended. Returns whether there were any: then one has crashed. */
  async removeDead(fileNames: readonly string[]): Promise<boolean> {
    let wereThere = false;
    for (const fileName of fileNames) {
      const path = `${this.#base}/${fileName}`;
      const found = await this.#access.run((calls) => look(calls, path));
      if (found === undefined || ownerState(found.owner) !== "dead") continue;
      wereThere = true;
      await this.#steal(path, found);
    }
    return wereThere;
  }

  /** Makes the file; `false` when it exists. */
  async #create(calls: FileCalls, path: string, token: string): Promise<boolean> {
    let fd: number;
    try {
      fd = await calls.open(path, createFlags, fileMode);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === "EEXIST") return false;
      if (errno === "ENOENT" || errno === "ENOTDIR") {
        throw new StoreError("BACKEND_NOT_FOUND", { detail: `${this.#base} is gone`, cause: error });
      }
      throw error;
    }
    try {
      try {
        await calls.write(fd, Buffer.from(token, "latin1"));
      } finally {
        await calls.close(fd);
      }
    } catch (error) {
      // On a full disk there is room for the name, but not for the content.
      await remove(calls, path);
      throw error;
    }
    return true;
  }

  #held(path: string, token: string): HeldLock {
    let beatenMs = nowMs();
    return {
      beat: async () => {
        if (nowMs() - beatenMs < this.#pace.beatMs) return;
        beatenMs = nowMs();
        await this.#access.run(async (calls) => {
          const fd = await calls.open(path, constants.O_WRONLY);
          try {
            await calls.write(fd, Buffer.from(token, "latin1"));
          } finally {
            await calls.close(fd);
          }
        });
      },
      release: async () => {
        await this.#access.run((calls) => remove(calls, path));
      },
    };
  }

  /**
   * Removes a lock whose owner is gone. Who may do it is decided by an exclusive file of its own for this one holding
   * of the lock: looking first and removing then, two processes could remove the lock that a third has just taken.
   */
  async #steal(path: string, stale: Sighting): Promise<void> {
    const marker = `${this.#base}/quota-steal-${digestOf(`${path} ${stale.owner} ${stale.writtenMs}`)}.hid`;
    await this.#access.run(async (calls) => {
      if (!(await this.#create(calls, marker, newProcessToken()))) {
        const other = await look(calls, marker);
        if (other !== undefined && ownerState(other.owner) === "dead") await remove(calls, marker);
        return;
      }
      try {
        if (isSame(await look(calls, path), stale)) await remove(calls, path);
      } finally {
        await remove(calls, marker);
      }
    });
  }
}

async function look(calls: FileCalls, path: string): Promise<Sighting | undefined> {
  let fd: number;
  try {
    fd = await calls.open(path, loadFlags);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const content = Buffer.alloc(longestContent);
    const length = await calls.read(fd, content, 0, longestContent, 0);
    const { mtimeMs } = await calls.fstat(fd);
    return { owner: content.toString("latin1", 0, length), writtenMs: mtimeMs };
  } finally {
    await calls.close(fd);
  }
}

function isSame(one: Sighting | undefined, other: Sighting | undefined): boolean {
  return one?.owner === other?.owner && one?.writtenMs === other?.writtenMs;
}

async function remove(calls: FileCalls, path: string): Promise<void> {
  try {
    await calls.unlink(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
