import { onAbort } from "./abort-listeners.ts";
import type { CallSignal } from "./call-abort.ts";

/**
 * Settles as `promise` does, or rejects with `signal.reason` as soon as the signal is aborted; what was started
 * goes on in the background then, and its outcome is dropped. Nothing is left on the signal in either case.
 *
 * @param isDecided asked when the abort comes; `true` means that it comes too late: the outcome of the promise is
 *   fixed and counts, although the promise itself may need a few more microtasks.
 */
export function raceAbort<T>(
  promise: Promise<T>,
  signal: CallSignal | undefined,
  isDecided?: () => boolean,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const waiting = onAbort(signal, () => {
      if (isDecided?.() !== true) reject(signal.reason as Error);
    });
    // Both outcomes are handled here, so nothing becomes an unhandled rejection after an abort.
    promise.then(
      (value) => {
        waiting?.remove();
        resolve(value);
      },
      (error: unknown) => {
        waiting?.remove();
        reject(error);
      },
    );
  });
}

/** Throws `signal.reason` when the signal is aborted already. */
export function throwIfAborted(signal: CallSignal | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** Resolves after `ms` milliseconds, or rejects with `signal.reason` when aborted before. */
export async function delay(ms: number, signal?: CallSignal): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting?.remove();
      resolve();
    }, ms);
    const waiting = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    });
  });
}
