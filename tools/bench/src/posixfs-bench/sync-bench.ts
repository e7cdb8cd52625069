import { interleave, repeatRounds } from "../measure/interleave.ts";
import { makeKeys, makeValue, nestKey } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure } from "../report/report.ts";
import { openPosixfsStore } from "../subjects/ours.ts";
import { makeTree } from "../subjects/raw-sync.ts";
import { directoriesOf, syncByCallbacks, syncBySyncCalls, syncsAtOnce } from "./durable-by-hand.ts";

/** What bars call the two ways of syncing by hand. */
export const handSyncs = {
  callbacks: "by hand, callbacks",
  syncCalls: "by hand, open and close sync",
} as const;

/** Stores everything, which is not measured, then makes it durable, and returns how long that took in ms. */
interface Way {
  readonly subject: string;
  run(directory: string, keys: readonly string[], value: Uint8Array): Promise<number>;
}

const handWritten = (subject: string, sync: (paths: readonly string[]) => Promise<void>): Way => ({
  subject,
  run: async (directory, keys, value) => {
    makeTree(`${directory}/data`, keys, value);
    const files = keys.map((key) => `${directory}/data/${nestKey(key)}`);
    const directories = directoriesOf(directory, keys);
    const start = performance.now();
    await sync(files);
    await sync(directories);
    return performance.now() - start;
  },
});

const ways: readonly Way[] = [
  handWritten(handSyncs.callbacks, syncByCallbacks),
  handWritten(handSyncs.syncCalls, syncBySyncCalls),
  {
    subject: "Store",
    run: async (directory, keys, value) => {
      await using store = await openPosixfsStore(directory, { durability: "sync" });
      for (const key of keys) await store.store(`data/${key}`, value);
      const start = performance.now();
      await store.sync();
      return performance.now() - start;
    },
  },
];

/**
 * Measures `sync()` after so many stores of 1 KiB into an empty storage, in ms, beside syncing the same files and
 * directories by hand. Each way stores and syncs before the next one stores: the first one that syncs would write
 * what the others have changed, because a journal is written as a whole.
 */
export async function measureSync(count: number, rounds: number, workspace: Workspace): Promise<Figure[]> {
  const value = makeValue(1024);
  const values = await repeatRounds(rounds, async (round) => {
    const keys = makeKeys(count, `sync ${round}`);
    return await interleave(ways, 1, (way) => way.run(workspace.makeDirectory(), keys, value), round);
  });
  return ways.map(({ subject }, way) => {
    const what = "sync() after stores of 1KiB";
    return {
      bench: "posixfs",
      what,
      subject,
      callers: syncsAtOnce,
      unit: "ms",
      rounds: values[way]?.ms ?? [],
    };
  });
}
