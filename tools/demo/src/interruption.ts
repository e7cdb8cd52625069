import { setMaxListeners } from "node:events";

/** The reason of the abort that a signal causes. */
export class Interruption extends Error {
  /** What a shell shows for a process that the signal ended: 128 and its number. */
  readonly exitCode: number;

  constructor(signalName: string, exitCode: number) {
    super(`stopped by ${signalName}`);
    this.name = "Interruption";
    this.exitCode = exitCode;
  }
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * One key press may arrive twice: the terminal sends it to the whole process group, and package managers hand it on
 * to their children as well.
 */
const sameMs = 300;

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an abort with an {@link Interruption}. A second one ends the
 * process at once. `warn` gets a line to show when the first one arrives.
 */
export function abortOnSignals(warn: (line: string) => void): AbortController {
  const controller = new AbortController();
  // Every call under way listens, dozens at a time: more than the ten above which Node suspects a leak.
  setMaxListeners(0, controller.signal);
  let firstMs: number | undefined;
  for (const [name, exitCode] of Object.entries(exitCodes)) {
    process.on(name, () => {
      const nowMs = performance.now();
      if (firstMs === undefined) {
        firstMs = nowMs;
        warn("Stopping cleanly; once more stops at once.");
        controller.abort(new Interruption(name, exitCode));
      } else if (nowMs - firstMs > sameMs) {
        process.exit(exitCode);
      }
    });
  }
  return controller;
}
