import type { Backend } from "../backend.ts";
import { CallAbort, callSignal } from "../call-abort.ts";
import type { StoreError } from "../errors.ts";
import { checkDuration } from "./check-option.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { callError, intercept } from "./intercept.ts";
import { mapSource } from "./map-source.ts";
import { withAbort, type IterationCall, type OperationCall } from "./operation-call.ts";

/** How long calls may take, in milliseconds. `Infinity` sets no limit. */
export interface DeadlineOptions {
  /**
   * For calls whose time does not grow with the data: `create`, `open`, `mkdir`, `rmdir`, `info`, `delete`, `quota`.
   *
   * @default 180_000 for withDeadline, 60_000 for withAttemptDeadline
   */
  readonly metadataMs?: number | undefined;
  /**
   * For calls that may move or read whole values, or many: `load`, `store`, `move`, `hash`, `defrag`,
   * `deleteMany`, `sync`, `close`, `destroy`. For `storeStream`, the time between taking a piece and asking for
   * the next one (a backend may send a large part meanwhile); waiting for the source never counts.
   *
   * @default 3_600_000 for withDeadline, 1_800_000 for withAttemptDeadline
   */
  readonly transferMs?: number | undefined;
  /**
   * For each page of `list` and each piece of `loadStream`; time between the steps is the reader's and never
   * counts. A backend without streams of its own loads the value whole before the first piece: allow for that.
   *
   * @default 180_000 for withDeadline, 30_000 for withAttemptDeadline
   */
  readonly stepMs?: number | undefined;
}

/** Covers the default retry budget and one more attempt, so that retrying gives up first, with its own error. */
const totalDefaults = { metadataMs: 180_000, transferMs: 3_600_000, stepMs: 180_000 };
const attemptDefaults = { metadataMs: 60_000, transferMs: 1_800_000, stepMs: 30_000 };

/**
 * Limits how long a call takes in all, with its retries and its waiting in queues: no call waits for ever.
 *
 * When time is up the call rejects with `TIMEOUT` (retryable), whether what is below reacts or not; that gets
 * its signal aborted with the same error. An abort by the caller likewise rejects with `signal.reason`. A
 * write that timed out may still come to pass, whole. Each call costs one timer and, with a signal, one listener, all
 * released when it settles; an AbortSignal is only made for a backend that reads `options.signal`.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a limit that is no number above 0.
 */
export function withDeadline(backend: Backend, options: DeadlineOptions = {}): Backend {
  return limitTime(backend, "deadline", { ...totalDefaults, ...defined(options) });
}

/**
 * Like {@link withDeadline}, for each attempt: stands below retry and limit, so that a silent medium is noticed
 * early, the attempt is repeated, and waiting in the queue does not count.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a limit that is no number above 0.
 */
export function withAttemptDeadline(backend: Backend, options: DeadlineOptions = {}): Backend {
  return limitTime(backend, "attemptDeadline", { ...attemptDefaults, ...defined(options) });
}

type Limits = Readonly<Record<keyof DeadlineOptions, number>>;

function defined(options: DeadlineOptions): Partial<Limits> {
  const given = Object.entries(options).filter(([, limit]) => limit !== undefined);
  return Object.fromEntries(given) as Partial<Limits>;
}

function limitTime(backend: Backend, label: string, limits: Limits): Backend {
  for (const [name, limit] of Object.entries(limits)) checkDuration(`${label}.${name}`, limit);

  function timerFor(abort: CallAbort, limitMs: number, call: OperationCall | IterationCall): DeadlineTimer {
    return new DeadlineTimer(abort, limitMs, callSignal(call.options), () =>
      timeoutError(backend, call, limitMs),
    );
  }

  return intercept(backend, {
    label,
    async call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T> {
      const limitMs = limits[limitFor[call.operation]];
      const abort = new CallAbort();
      const timer = timerFor(abort, limitMs, call);
      const limited = withAbort(call, abort);
      if (limited.operation !== "storeStream") return await timer.run(() => next(limited));
      const timed = mapSource(backend, limited, (pieces) => withoutSourceTime(pieces, timer));
      return await timer.run(() => next(timed));
    },
    async *iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>) {
      const abort = new CallAbort();
      const timer = timerFor(abort, limits.stepMs, call);
      const steps = next(withAbort(call, abort))[Symbol.asyncIterator]();
      let betweenSteps = false;
      try {
        while (true) {
          betweenSteps = false;
          const step = await timer.run(() => steps.next());
          if (step.done === true) return;
          betweenSteps = true;
          yield step.value;
        }
      } finally {
        // The caller's signal may have been aborted between the steps, when no timer listens to it.
        const isAborted = abort.aborted || callSignal(call.options)?.aborted === true;
        if (betweenSteps || isAborted) await release(steps, timer, isAborted);
      }
    },
  });
}

const limitFor: Readonly<Record<OperationCall["operation"], "metadataMs" | "transferMs">> = {
  create: "metadataMs",
  open: "metadataMs",
  mkdir: "metadataMs",
  rmdir: "metadataMs",
  info: "metadataMs",
  delete: "metadataMs",
  quota: "metadataMs",
  load: "transferMs",
  store: "transferMs",
  storeStream: "transferMs",
  move: "transferMs",
  hash: "transferMs",
  defrag: "transferMs",
  deleteMany: "transferMs",
  sync: "transferMs",
  close: "transferMs",
  destroy: "transferMs",
};

function timeoutError(backend: Backend, call: OperationCall | IterationCall, limitMs: number): StoreError {
  const what = call.operation === "list" ? "page" : call.operation === "loadStream" ? "piece" : "answer";
  return callError("TIMEOUT", backend, call, `no ${what} within ${limitMs} ms`);
}

/** Counts the time only while a piece is with the medium, anew for each. */
async function* withoutSourceTime(
  pieces: AsyncIterable<Uint8Array>,
  timer: DeadlineTimer,
): AsyncGenerator<Uint8Array, void, undefined> {
  timer.pause();
  try {
    for await (const piece of pieces) {
      timer.resume();
      yield piece;
      timer.pause();
    }
  } finally {
    timer.resume();
  }
}

async function release(
  steps: AsyncIterator<unknown>,
  timer: DeadlineTimer,
  isAborted: boolean,
): Promise<void> {
  const releasing = async (): Promise<void> => void (await steps.return?.());
  // What was aborted may hang: it is told to stop, and its end is of no interest any more.
  if (isAborted) void releasing().catch(() => undefined);
  else await timer.run(releasing);
}
