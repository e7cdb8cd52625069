import type { CallSignal } from "@borgstore/core";
import type { Handle } from "./protocol/answers.ts";
import type { Session } from "./session.ts";

/**
 * Runs `work`, which opens at most one handle at a time, when there is a handle to be had.
 *
 * @throws the signal's reason when aborted in the queue.
 */
export async function withHandle<T>(
  session: Session,
  signal: CallSignal | undefined,
  work: (close: CloseLater) => Promise<T>,
): Promise<T> {
  const slots = session.handles.short;
  if (!slots.tryAcquire()) await slots.acquire(signal);
  let closing: Promise<void> | undefined;
  try {
    return await work((handle) => {
      // Nothing depends on the answer, but the handle is in use until it comes.
      closing = session.client.close(handle).catch(() => undefined);
    });
  } finally {
    if (closing === undefined) slots.release();
    else void closing.then(() => slots.release());
  }
}

/** Closes a handle without waiting for the answer. */
export type CloseLater = (handle: Handle) => void;
