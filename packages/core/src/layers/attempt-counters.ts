import type { OperationName } from "./operation-call.ts";

/** One call that reached the backend below the instrumentation layer, after it ended. */
export interface AttemptEvent {
  readonly operation: OperationName;
  /** The name it was about, as the medium has it; absent for calls without one or with several. */
  readonly name: string | undefined;
  /** The second name of a `move`. */
  readonly newName: string | undefined;
  /** Milliseconds spent in the backend. For `list` and `loadStream` the sum of the steps; for `storeStream` without waiting for the source. */
  readonly durationMs: number;
  /** Bytes of values that came back. */
  readonly loadedBytes: number;
  /** Bytes of values that were handed over, also by a call that failed. */
  readonly storedBytes: number;
  /** `stopped`: a reader left a `list` or `loadStream` before its end. `aborted`: rejected with `signal.reason`. */
  readonly outcome: "done" | "stopped" | "failed" | "aborted";
  /** What it rejected with, unless `outcome` is `done` or `stopped`. */
  readonly error: unknown;
}

/** What was counted for one operation. */
export interface OperationAttempts {
  /** Attempts that ended, whatever their outcome. */
  readonly calls: number;
  /** Those of them that failed. */
  readonly failures: number;
  /** Those of them that were aborted. */
  readonly aborts: number;
  /** Milliseconds, all attempts together. */
  readonly timeMs: number;
  readonly loadedBytes: number;
  readonly storedBytes: number;
}

/** What was counted, per operation; operations that were never called are absent. */
export type AttemptSnapshot = Readonly<Partial<Record<OperationName, OperationAttempts>>>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Counts attempts per operation. One may be shared by several backends. */
export class AttemptCounters {
  readonly #operations = new Map<OperationName, Mutable<OperationAttempts>>();

  /** Counts one attempt. */
  add(event: Omit<AttemptEvent, "name" | "newName" | "error">): void {
    let counts = this.#operations.get(event.operation);
    if (counts === undefined) {
      counts = { calls: 0, failures: 0, aborts: 0, timeMs: 0, loadedBytes: 0, storedBytes: 0 };
      this.#operations.set(event.operation, counts);
    }
    counts.calls++;
    if (event.outcome === "failed") counts.failures++;
    if (event.outcome === "aborted") counts.aborts++;
    counts.timeMs += event.durationMs;
    counts.loadedBytes += event.loadedBytes;
    counts.storedBytes += event.storedBytes;
  }

  /** The counts of this moment, frozen. */
  snapshot(): AttemptSnapshot {
    const entries = [...this.#operations].map(([operation, counts]) => [
      operation,
      Object.freeze({ ...counts }),
    ]);
    return Object.freeze(Object.fromEntries(entries) as AttemptSnapshot);
  }
}
