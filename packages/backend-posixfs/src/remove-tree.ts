import { forEachConcurrently } from "@borgstore/core";
import { errnoOf } from "./classify.ts";
import type { FileCalls } from "./file-calls.ts";
import { readEntries } from "./read-entries.ts";
import { raceAttempts } from "./tree.ts";

/** Runs calls when it is their turn. */
export type RunCalls = <T>(work: (calls: FileCalls) => Promise<T>) => Promise<T>;

/**
 * Removes a directory with all that is in it, whoever made it; links are removed, not followed. What cannot be
 * removed is passed over, so that as much goes as can.
 *
 * @param concurrency how many entries of a directory are removed at the same time
 * @throws the first failure; the directory is still there then.
 */
export async function removeTree(
  run: RunCalls,
  path: string,
  concurrency: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const entries = await run((calls) => readEntries(calls, path));
    const directories: string[] = [];
    const inFiles = await forEachConcurrently(entries, concurrency, async (entry) => {
      if (signal?.aborted === true) throw signal.reason;
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory()) directories.push(inner);
      else await run((calls) => unlessGone(async () => await calls.unlink(inner)));
    });
    let failure = inFiles;
    // One at a time: side by side, the numbers of entries under way would multiply with the depth.
    for (const directory of directories) {
      try {
        await unlessGone(() => removeTree(run, directory, concurrency, signal));
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
    try {
      await run((calls) => unlessGone(async () => await calls.rmdir(path)));
      return;
    } catch (error) {
      // Somebody is still storing.
      const errno = errnoOf(error);
      if ((errno !== "ENOTEMPTY" && errno !== "EEXIST") || attempt >= raceAttempts) throw error;
    }
  }
}

async function unlessGone(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}
