import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { nestKey } from "../measure/keys.ts";
import { callOf, type KeyOperation, type OpenSubject, type Subject } from "./subject.ts";

/**
 * From here on the event loop turns after each call, which takes a few µs. Without any turn, what collects the garbage of
 * these values would not run before somebody else's: that somebody then seemed to need three times as long.
 */
const turnBytes = 2 ** 20;

const openFlags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;

/**
 * The bound that ratios refer to: the synchronous calls that a file per key costs at least when stores are
 * atomic, in a tree of two levels, and nothing else.
 */
export const rawSync: Subject = {
  name: "raw-sync",
  concurrent: false,
  inProcess: true,
  open: async (directory) => openRawSync(`${directory}/data`),
};

function openRawSync(root: string): OpenSubject {
  return {
    has: () => true,
    run: async (operation, keys, value) => {
      const call = rawCall(root, operation, value);
      const turns = value.byteLength >= turnBytes;
      const start = performance.now();
      for (const key of keys) {
        call(`${root}/${nestKey(key)}`);
        if (turns) await turnOfEventLoop();
      }
      return performance.now() - start;
    },
    list: async () => {
      const start = performance.now();
      const count = walkTwoLevels(root, true);
      return { count, ms: performance.now() - start };
    },
    close: async () => {
      // Nothing is held.
    },
  };
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function rawCall(root: string, operation: KeyOperation, value: Uint8Array): (path: string) => void {
  const calls = {
    store: (path: string) => storeRaw(path, value),
    load: (path: string) => {
      if (readFileSync(path).byteLength !== value.byteLength) throw new Error(`wrong value in ${root}`);
    },
    info: (path: string) => {
      if (statSync(path).size !== value.byteLength) throw new Error(`wrong size in ${root}`);
    },
    delete: unlinkSync,
  };
  return calls[callOf(operation)];
}

let tempFiles = 0;

function storeRaw(path: string, value: Uint8Array): void {
  const directory = path.slice(0, path.lastIndexOf("/"));
  const temp = `${directory}/${tempFiles++}.tmp`;
  const file = openMakingDirectory(temp, directory);
  let written = 0;
  while (written < value.byteLength) written += writeSync(file, value, written);
  closeSync(file);
  renameSync(temp, path);
}

function openMakingDirectory(path: string, directory: string): number {
  try {
    return openSync(path, openFlags, 0o666);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(directory, { recursive: true });
    return openSync(path, openFlags, 0o666);
  }
}

/** Counts the files of a tree of two levels by synchronous calls, with their sizes when wanted. */
export function walkTwoLevels(root: string, sizes: boolean): number {
  let count = 0;
  for (const first of readdirSync(root)) {
    for (const second of readdirSync(`${root}/${first}`)) {
      const directory = `${root}/${first}/${second}`;
      const names = readdirSync(directory);
      if (sizes) for (const name of names) statSync(`${directory}/${name}`);
      count += names.length;
    }
  }
  return count;
}

/** Makes a tree of two levels with a small file for each key. */
export function makeTree(root: string, keys: readonly string[], value: Uint8Array): void {
  for (const key of keys) storeRaw(`${root}/${nestKey(key)}`, value);
}
