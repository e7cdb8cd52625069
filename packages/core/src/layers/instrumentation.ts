import type { Backend } from "../backend.ts";
import { callSignal } from "../call-abort.ts";
import type { AttemptCounters, AttemptEvent } from "./attempt-counters.ts";
import { intercept } from "./intercept.ts";
import { mapSource } from "./map-source.ts";
import { nameOf, storedByteLength, type IterationCall, type OperationCall } from "./operation-call.ts";
import { Stopwatch } from "./stopwatch.ts";

/** Where the instrumentation layer reports to. */
export interface InstrumentationOptions {
  /** Counts every attempt. */
  readonly counters?: AttemptCounters | undefined;
  /**
   * Called with each attempt after it ended. Left out, no event is made. What it throws does not touch the
   * operation and becomes an uncaught error, as with `node:diagnostics_channel`.
   */
  readonly onAttempt?: ((event: AttemptEvent) => void) | undefined;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/**
 * Counts and traces what reaches the backend: each attempt of a repeated operation on its own, with the time it
 * took there and the bytes that went in and out. Changes nothing about the calls. With neither counters nor hook,
 * `backend` itself is returned.
 */
export function withInstrumentation(backend: Backend, options: InstrumentationOptions): Backend {
  const { counters, onAttempt } = options;
  if (counters === undefined && onAttempt === undefined) return backend;
  const now = options.now ?? ((): number => performance.now());

  function report(
    call: OperationCall | IterationCall,
    durationMs: number,
    loadedBytes: number,
    storedBytes: number,
    outcome: "done" | "stopped" | "failed",
    error?: unknown,
  ): void {
    const { operation } = call;
    const signal = callSignal(call.options);
    const isAbort = outcome === "failed" && signal?.aborted === true && error === signal.reason;
    const counted = {
      operation,
      durationMs,
      loadedBytes,
      storedBytes,
      outcome: isAbort ? "aborted" : outcome,
    } as const;
    counters?.add(counted);
    if (onAttempt === undefined) return;
    try {
      onAttempt({
        ...counted,
        name: nameOf(call),
        newName: call.operation === "move" ? call.newName : undefined,
        error,
      });
    } catch (hookError) {
      queueMicrotask(() => {
        throw hookError;
      });
    }
  }

  return intercept(backend, {
    label: "instrumentation",
    async call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T> {
      let storedBytes = storedByteLength(call);
      const watch = new Stopwatch(now);
      const counting = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
        watch.stop();
        try {
          for await (const piece of pieces) {
            storedBytes += piece.byteLength;
            watch.start();
            yield piece;
            watch.stop();
          }
        } finally {
          watch.start();
        }
      };
      const counted = call.operation === "storeStream" ? mapSource(backend, call, counting) : call;
      watch.start();
      try {
        const result = await next(counted);
        report(call, watch.stop(), call.operation === "load" ? byteLengthOf(result) : 0, storedBytes, "done");
        return result;
      } catch (error) {
        report(call, watch.stop(), 0, storedBytes, "failed", error);
        throw error;
      }
    },
    async *iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>) {
      const watch = new Stopwatch(now);
      let loadedBytes = 0;
      let outcome: "done" | "stopped" | "failed" = "stopped";
      let failure: unknown;
      watch.start();
      try {
        for await (const step of next(call)) {
          watch.stop();
          if (call.operation === "loadStream") loadedBytes += byteLengthOf(step);
          yield step;
          watch.start();
        }
        outcome = "done";
      } catch (error) {
        outcome = "failed";
        failure = error;
        throw error;
      } finally {
        report(call, watch.stop(), loadedBytes, 0, outcome, failure);
      }
    },
  });
}

function byteLengthOf(value: unknown): number {
  return value instanceof Uint8Array ? value.byteLength : 0;
}
