/**
 * What is measured for each key.
 *
 * - `store-new`: into an empty storage, so that nearly every store also makes its directories
 * - `store`: new keys into directories that are there
 * - `replace`: the same keys again
 * - `load`, `info`, `delete`: of keys that are there
 */
export type KeyOperation = "store-new" | "store" | "replace" | "load" | "info" | "delete";

/** A key/value store that takes part in a benchmark. */
export interface Subject {
  readonly name: string;
  /** What a reader should know about it and no name that stays the same can hold, as its version. */
  readonly note?: string;
  /** Whether its calls can run at the same time; one that blocks is measured as if it had one caller. */
  readonly concurrent: boolean;
  /** The numbers of callers that say something about it, of those asked for. Default: all of them. */
  readonly callers?: readonly number[];
  /** Whether it works in this process, so that its processor time is known. */
  readonly inProcess: boolean;
  /** Opens an empty storage in a directory that exists and is empty. */
  open(directory: string): Promise<OpenSubject>;
}

/** A subject at work in one directory. */
export interface OpenSubject {
  /** Whether it has the operation. */
  has(operation: KeyOperation | "list"): boolean;
  /** Runs the operation once for each key, so many at a time, and returns the elapsed time in ms. */
  run(
    operation: KeyOperation,
    keys: readonly string[],
    value: Uint8Array,
    concurrency: number,
  ): Promise<number>;
  /** Lists everything, with sizes where it can; returns the number of items and the elapsed time in ms. */
  list(): Promise<{ readonly count: number; readonly ms: number }>;
  close(): Promise<void>;
}

/** The operation's call: the three ways of storing are one call on different keys. */
export function callOf(operation: KeyOperation): "store" | "load" | "info" | "delete" {
  return operation === "store-new" || operation === "replace" ? "store" : operation;
}
