import type { Handle } from "./protocol/answers.ts";
import type { Session } from "./session.ts";

/**
 * Runs `work`, which opens at most one handle at a time, when there is a handle to be had.
 *
 * @throws the signal's reason when aborted in the queue.
 */
export async function withHandle<T>(
  session: Session,
  signal: AbortSignal | undefined,
  work: (close: CloseLater) => Promise<T>,
): Promise<T> {
  if (!session.handles.tryAcquire()) await session.handles.acquire(signal);
  let closing: Promise<void> | undefined;
  try {
    return await work((handle) => {
      // Nothing depends on the answer, but the handle is in use until it comes.
      closing = session.client.close(handle).catch(() => undefined);
    });
  } finally {
    if (closing === undefined) session.handles.release();
    else void closing.then(() => session.handles.release());
  }
}

/** Closes a handle without waiting for the answer. */
export type CloseLater = (handle: Handle) => void;
