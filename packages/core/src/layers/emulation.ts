import { delay } from "../abort.ts";
import type { Backend } from "../backend.ts";
import { callSignal, realSignal, type CallSignal } from "../call-abort.ts";
import { StoreError } from "../errors.ts";
import { checkNumber } from "./check-option.ts";
import { intercept, type Interceptor } from "./intercept.ts";
import { mapSource } from "./map-source.ts";
import {
  storedByteLength,
  type IterationCall,
  type OperationCall,
  type OperationName,
} from "./operation-call.ts";
import { Stopwatch } from "./stopwatch.ts";
import { waitOnClose } from "./wait-on-close.ts";

/** How slow a backend shall seem. */
export interface EmulationOptions {
  /**
   * Least duration of a call, in microseconds.
   *
   * @default 0
   */
  readonly latencyUs?: number | undefined;
  /**
   * Bits per second for the bytes of values, for each call on its own; 0 means no limit.
   *
   * @default 0
   */
  readonly bandwidthBitsPerSecond?: number | undefined;
  /** Milliseconds of a clock that never goes back. Default: `performance.now`. */
  readonly now?: (() => number) | undefined;
  /** Waits, or rejects with `signal.reason` as soon as that is aborted. Default: a timer. */
  readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

const unaffected: ReadonlySet<OperationName> = new Set([
  "create",
  "destroy",
  "open",
  "close",
  "quota",
  "sync",
]);

/**
 * Makes a backend seem slow, to see how a program does over a network: each call on objects takes at least
 * latency + volume / bandwidth. The time that it really takes counts towards that; a failure takes the
 * latency. A listing pays the latency for each page, a stream once, and the bandwidth for each piece.
 * `create`, `destroy`, `open`, `close`, `quota` and `sync` are not slowed down; but `close` waits, as ever, for
 * the calls that it found, until their time is over too.
 *
 * Without latency and bandwidth `backend` itself is returned.
 *
 * @throws StoreError `INVALID_ARGUMENT` for negative numbers.
 */
export function withEmulation(backend: Backend, options: EmulationOptions): Backend {
  const latencyMs = checkNumber("emulation.latencyUs", options.latencyUs ?? 0, 0) / 1000;
  const bandwidth = checkNumber("emulation.bandwidthBitsPerSecond", options.bandwidthBitsPerSecond ?? 0, 0);
  if (latencyMs === 0 && bandwidth === 0) return backend;
  const { now = () => performance.now(), sleep = delay } = options;

  function transferMs(bytes: number): number {
    return bandwidth === 0 ? 0 : (bytes * 8 * 1000) / bandwidth;
  }

  async function stretch(watch: Stopwatch, toMs: number, signal: CallSignal | undefined): Promise<void> {
    // Timers may be early by a part of a millisecond.
    for (let restMs = toMs - watch.read(); restMs > 0; restMs = toMs - watch.read()) {
      await sleep(Math.ceil(restMs), realSignal(signal));
    }
  }

  const emulation: Interceptor = {
    label: "emulation",
    async call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T> {
      if (unaffected.has(call.operation)) return await next(call);
      const signal = callSignal(call.options);
      const watch = new Stopwatch(now);
      let bytes = storedByteLength(call);
      const pacing = async function* (pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
        // Waiting for the source is no time of the emulated medium.
        watch.stop();
        for await (const piece of pieces) {
          watch.start();
          yield piece;
          bytes += piece.byteLength;
          await stretch(watch, transferMs(bytes), signal);
          watch.stop();
        }
        watch.start();
      };
      const paced = call.operation === "storeStream" ? mapSource(backend, call, pacing) : call;
      watch.start();
      let result: T;
      try {
        result = await next(paced);
      } catch (error) {
        if (signal?.aborted !== true) {
          watch.start();
          await stretch(watch, latencyMs, signal);
        }
        throw error;
      }
      if (call.operation === "load" && result instanceof Uint8Array) bytes = result.byteLength;
      await stretch(watch, latencyMs + transferMs(bytes), signal);
      return result;
    },
    async *iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>) {
      const signal = callSignal(call.options);
      const watch = new Stopwatch(now);
      let dueMs = latencyMs;
      let stepStartMs = 0;
      let steps = 0;
      watch.start();
      for await (const step of next(call)) {
        // A page costs one latency, counted from when it was asked for; a stream has one for all pieces.
        if (call.operation === "loadStream") dueMs += transferMs((step as Uint8Array).byteLength);
        else dueMs = stepStartMs + latencyMs;
        await stretch(watch, dueMs, signal);
        stepStartMs = watch.stop();
        steps++;
        yield step;
        watch.start();
      }
      // That there is nothing is an answer too.
      if (steps === 0) await stretch(watch, latencyMs, signal);
    },
  };
  return intercept(backend, waitOnClose(emulation));
}

const decimalNumber = /^\+?\d+(\.\d+)?(e\+?\d+)?$/i;

/**
 * The options that the environment asks for: `BORGSTORE_LATENCY` [µs] and `BORGSTORE_BANDWIDTH` [bit/s], as the
 * reference has them. `undefined` when neither is set; an empty value counts as not set.
 *
 * @param environment default: `process.env` where there is one.
 * @throws StoreError `INVALID_ARGUMENT`, naming the variable, for anything but a number of at least 0.
 */
export function emulationFromEnvironment(
  environment: Readonly<Record<string, string | undefined>> = processEnvironment(),
): EmulationOptions | undefined {
  const latencyUs = numberFrom(environment, "BORGSTORE_LATENCY");
  const bandwidthBitsPerSecond = numberFrom(environment, "BORGSTORE_BANDWIDTH");
  if (latencyUs === undefined && bandwidthBitsPerSecond === undefined) return undefined;
  return { latencyUs, bandwidthBitsPerSecond };
}

function processEnvironment(): Readonly<Record<string, string | undefined>> {
  const { process } = globalThis as {
    process?: { env?: Readonly<Record<string, string | undefined>> };
  };
  return process?.env ?? {};
}

function numberFrom(
  environment: Readonly<Record<string, string | undefined>>,
  variable: string,
): number | undefined {
  const text = environment[variable]?.trim();
  if (text === undefined || text === "") return undefined;
  if (decimalNumber.test(text)) return Number(text);
  throw new StoreError("INVALID_ARGUMENT", {
    detail: `${variable} is a number of at least 0, not ${JSON.stringify(text)}`,
  });
}
