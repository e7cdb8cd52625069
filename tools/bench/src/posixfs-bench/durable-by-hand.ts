import * as fs from "node:fs";
import { nestKey } from "../measure/keys.ts";
import { runAll } from "../subjects/raw-pool.ts";

type Done = (error?: Error | null) => void;

const openFlags = fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_WRONLY;
/** So many are synced side by side. */
export const syncsAtOnce = 16;

/** The directories of two levels that keys lie in, and those above them, each once: down from the root of the tree. */
export function directoriesOf(storage: string, keys: readonly string[]): string[] {
  const root = `${storage}/data`;
  const found = new Set([storage, root]);
  for (const key of keys) found.add(`${root}/${key.slice(0, 2)}`);
  for (const key of keys) found.add(`${root}/${nestKey(key).slice(0, 5)}`);
  return [...found];
}

/** Makes directories that are not there, durably, so that what is measured after it does not pay for them. */
export async function makeDirectoriesDurably(directories: readonly string[]): Promise<void> {
  for (const directory of directories) fs.mkdirSync(directory, { recursive: true });
  await syncByCallbacks(directories);
}

/**
 * Stores values durably in directories that are there, 16 at a time, as fast as it can be written by hand: opened,
 * written, closed and renamed by synchronous calls, synced on the thread pool.
 *
 * @param withDirectory whether the directory is synced too, without which the name may be lost
 */
export async function storeDurably(
  storage: string,
  keys: readonly string[],
  value: Uint8Array,
  withDirectory: boolean,
): Promise<void> {
  await runAll(keys, syncsAtOnce, (key, done) => {
    const path = `${storage}/data/${nestKey(key)}`;
    const directory = path.slice(0, path.lastIndexOf("/"));
    const file = fs.openSync(`${path}.tmp`, openFlags, 0o666);
    fs.writeSync(file, value);
    fs.fsync(file, (error) => {
      try {
        fs.closeSync(file);
        if (error !== null) throw error;
        fs.renameSync(`${path}.tmp`, path);
        if (withDirectory) syncOne(directory, done);
        else done();
      } catch (failure) {
        done(failure as Error);
      }
    });
  });
}

/** Syncs files and directories, 16 at a time: opened and closed by synchronous calls, synced on the thread pool. */
export async function syncBySyncCalls(paths: readonly string[]): Promise<void> {
  await runAll(paths, syncsAtOnce, syncOne);
}

function syncOne(path: string, done: Done): void {
  const file = fs.openSync(path, fs.constants.O_RDONLY);
  fs.fsync(file, (error) => {
    fs.closeSync(file);
    done(error);
  });
}

/** Syncs files and directories, 16 at a time, with every call on the thread pool. */
export async function syncByCallbacks(paths: readonly string[]): Promise<void> {
  await runAll(paths, syncsAtOnce, (path, done) => {
    fs.open(path, fs.constants.O_RDONLY, (openError, file) => {
      if (openError !== null) return done(openError);
      return fs.fsync(file, (syncError) => {
        fs.close(file, (closeError) => done(syncError ?? closeError));
      });
    });
  });
}
