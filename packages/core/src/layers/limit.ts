import { throwIfAborted } from "../abort.ts";
import type { Backend } from "../backend.ts";
import { callSignal, type CallSignal } from "../call-abort.ts";
import { usualConcurrency } from "../capabilities.ts";
import { StoreError } from "../errors.ts";
import { intercept } from "./intercept.ts";
import { mapSource } from "./map-source.ts";
import { withSignal, type IterationCall, type OperationCall, type StorageCall } from "./operation-call.ts";
import { Slots } from "./slots.ts";

/** How many operations may be under way. */
export interface LimitOptions {
  /**
   * Operations at the backend at the same time, an integer of at least 1.
   *
   * @default what the backend's capability `concurrency` says, else 16
   */
  readonly concurrency?: number | undefined;
}

/**
 * Lets a number of operations through at a time; the others wait, first come, first served. An aborted one leaves
 * the queue at once.
 *
 * A slot is taken until the operation below has settled. Listings and streams take one for each step only, and a
 * `storeStream` gives its own back while it waits for its source; so nothing is held between pages, and copying
 * from a backend to itself cannot block itself. `close` queues as well: what was called before it comes before it;
 * an abort ends that waiting, and the backend is closed at once.
 *
 * After an abort a backend settles at once although the medium may still be at work; that slot is free then.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a concurrency that is no integer of at least 1.
 */
export function withLimit(backend: Backend, options: LimitOptions = {}): Backend {
  const { concurrency = usualConcurrency(backend.capabilities) } = options;
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: `limit.concurrency is an integer of at least 1, not ${String(concurrency)}`,
    });
  }
  const slots = new Slots(concurrency);
  return intercept(backend, {
    label: "limit",
    async call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T> {
      const signal = callSignal(call.options);
      throwIfAborted(signal);
      const slot = new Slot(slots);
      try {
        await slot.take(signal);
      } catch (error) {
        if (call.operation === "close") return await closeAborted(call, next, error);
        throw error;
      }
      try {
        if (call.operation !== "storeStream") return await next(call);
        const source = (pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
          withoutSlotAtSource(pieces, slot, signal);
        return await next(mapSource(backend, call, source));
      } finally {
        slot.end();
      }
    },
    async *iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>) {
      const signal = callSignal(call.options);
      const steps = next(call)[Symbol.asyncIterator]();
      let betweenSteps = false;
      try {
        while (true) {
          // Taken within the try, so that a reader whose signal is aborted while queueing releases the rest.
          await slots.acquire(signal);
          betweenSteps = false;
          let step: IteratorResult<T>;
          try {
            step = await steps.next();
          } finally {
            slots.release();
          }
          if (step.done === true) return;
          betweenSteps = true;
          yield step.value;
        }
      } finally {
        if (betweenSteps) await steps.return?.();
      }
    },
  });
}

/**
 * A close whose caller has stopped waiting for its turn: it disconnects all the same, and waits no more for what is
 * under way. Rejects with the reason, as the backend does.
 */
async function closeAborted<T>(
  call: StorageCall,
  next: (call: OperationCall) => Promise<T>,
  reason: unknown,
): Promise<T> {
  const controller = new AbortController();
  const closing = next(withSignal(call, controller.signal));
  // A signal that is aborted before the backend has begun would keep it open.
  setTimeout(() => controller.abort(reason), 0);
  return await closing;
}

/** One operation's slot, which it can give back for a while. */
class Slot {
  readonly #slots: Slots;
  #isHeld = false;
  #hasEnded = false;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  async take(signal: CallSignal | undefined): Promise<void> {
    if (this.#hasEnded || this.#isHeld) return;
    await this.#slots.acquire(signal);
    // The operation may have failed while this was in the queue: nobody would give the slot back any more.
    if (this.#hasEnded) this.#slots.release();
    else this.#isHeld = true;
  }

  giveBack(): void {
    if (this.#isHeld) this.#slots.release();
    this.#isHeld = false;
  }

  end(): void {
    this.giveBack();
    this.#hasEnded = true;
  }
}

/** Pieces of a source; the slot is only held while they are with the backend. */
async function* withoutSlotAtSource(
  pieces: AsyncIterable<Uint8Array>,
  slot: Slot,
  signal: CallSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  slot.giveBack();
  for await (const piece of pieces) {
    await slot.take(signal);
    yield piece;
    slot.giveBack();
  }
  await slot.take(signal);
}
