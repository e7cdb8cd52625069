import * as fs from "node:fs";
import { nestKey } from "../measure/keys.ts";
import { walkTwoLevels } from "./raw-sync.ts";
import { callOf, type KeyOperation, type OpenSubject, type Subject } from "./subject.ts";

/** What ends a call or a step of it. */
type Done = (error?: Error | null) => void;

const openFlags = fs.constants.O_CREAT | fs.constants.O_EXCL | fs.constants.O_WRONLY;

/**
 * The other bound: the calls of `raw-sync` on the thread pool, by callbacks, without file handles and promises.
 * From some 100 KiB on it is the faster one, because several threads copy at a time.
 */
export const rawPool: Subject = {
  name: "raw-pool",
  concurrent: true,
  inProcess: true,
  open: async (directory) => openRawPool(`${directory}/data`),
};

function openRawPool(root: string): OpenSubject {
  return {
    has: () => true,
    run: async (operation, keys, value, concurrency) => {
      const call = rawCall(root, operation, value);
      const start = performance.now();
      await runAll(keys, concurrency, (key, done) => call(`${root}/${nestKey(key)}`, done));
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

/**
 * Runs a call for each input, so many at a time, by callbacks. Rejects with the first error, and begins nothing
 * after it.
 */
export async function runAll<T>(
  inputs: readonly T[],
  callers: number,
  call: (input: T, done: Done) => void,
): Promise<void> {
  let next = 0;
  let running = 0;
  await new Promise<void>((resolve, reject) => {
    const begin = (): void => {
      running++;
      call(inputs[next++] as T, (error) => {
        running--;
        if (error !== undefined && error !== null) {
          next = inputs.length;
          reject(error);
        } else if (next < inputs.length) begin();
        else if (running === 0) resolve();
      });
    };
    if (inputs.length === 0) resolve();
    for (let caller = 0; caller < callers && next < inputs.length; caller++) begin();
  });
}

function rawCall(
  root: string,
  operation: KeyOperation,
  value: Uint8Array,
): (path: string, done: Done) => void {
  const calls = {
    store: (path: string, done: Done) => store(path, value, done),
    load: (path: string, done: Done) =>
      load(path, (error, byteLength) =>
        done(error ?? (byteLength === value.byteLength ? null : new Error(`wrong value in ${root}`))),
      ),
    info: (path: string, done: Done) =>
      fs.stat(path, (error, stats) =>
        done(error ?? (stats.size === value.byteLength ? null : new Error(`wrong size in ${root}`))),
      ),
    delete: fs.unlink,
  };
  return calls[callOf(operation)];
}

let tempFiles = 0;

function store(path: string, value: Uint8Array, done: Done): void {
  const directory = path.slice(0, path.lastIndexOf("/"));
  const temp = `${directory}/${tempFiles++}.tmp`;
  openMakingDirectory(temp, directory, (openError, file) => {
    if (openError !== null) return done(openError);
    return writeAll(file, value, 0, (writeError) => {
      fs.close(file, (closeError) => {
        const error = writeError ?? closeError;
        if (error !== undefined && error !== null) done(error);
        else fs.rename(temp, path, done);
      });
    });
  });
}

type Opened = (error: Error | null, file: number) => void;

function openMakingDirectory(path: string, directory: string, done: Opened): void {
  fs.open(path, openFlags, 0o666, (error, file) => {
    if (error?.code !== "ENOENT") return done(error, file);
    return fs.mkdir(directory, { recursive: true }, (mkdirError) => {
      if (mkdirError !== null) done(mkdirError, -1);
      else fs.open(path, openFlags, 0o666, done);
    });
  });
}

function writeAll(file: number, value: Uint8Array, at: number, done: Done): void {
  fs.write(file, value, at, value.byteLength - at, null, (error, written) => {
    if (error !== null || at + written >= value.byteLength) done(error);
    else writeAll(file, value, at + written, done);
  });
}

/** Loads a file into a buffer of its size, which is not filled with zeros before. */
function load(path: string, done: (error: Error | null, byteLength: number) => void): void {
  fs.open(path, "r", (openError, file) => {
    if (openError !== null) return done(openError, 0);
    return fs.fstat(file, (statError, stats) => {
      if (statError !== null) return fs.close(file, () => done(statError, 0));
      const buffer = Buffer.allocUnsafeSlow(stats.size);
      return readAll(file, buffer, 0, (readError, byteLength) => {
        fs.close(file, (closeError) => done(readError ?? closeError ?? null, byteLength));
      });
    });
  });
}

function readAll(
  file: number,
  buffer: Uint8Array,
  at: number,
  done: (error: Error | null, byteLength: number) => void,
): void {
  fs.read(file, buffer, at, buffer.byteLength - at, at, (error, got) => {
    if (error !== null || got === 0 || at + got >= buffer.byteLength) done(error, at + got);
    else readAll(file, buffer, at + got, done);
  });
}
