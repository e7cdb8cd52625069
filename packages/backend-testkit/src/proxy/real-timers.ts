// Taken when the package is loaded, so that a test's fake timers do not stop the proxy.
const { setTimeout, clearTimeout, setImmediate, performance } = globalThis;

/** A timer that is running. */
export type Timer = NodeJS.Timeout;

/** More than this, 24 days, a timer takes for nothing and is over at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Calls `callback` after `ms` milliseconds of real time, or after 24 days if that is sooner. */
export function startTimer(ms: number, callback: () => void): Timer {
  return setTimeout(callback, Math.min(ms, longestTimerMs));
}

/** Stops a timer; does nothing without one, or when it is over. */
export function stopTimer(timer: Timer | undefined): void {
  clearTimeout(timer);
}

/** Milliseconds of a clock that only goes forward. */
export function nowMs(): number {
  return performance.now();
}

/** Resolves after `count` turns of the event loop: what had arrived at its sockets before was handled. */
export async function eventLoopTurns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => void setImmediate(resolve));
}
