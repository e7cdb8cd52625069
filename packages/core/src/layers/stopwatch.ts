/** Adds up the time between `start` and `stop`, over any number of rounds. */
export class Stopwatch {
  readonly #now: () => number;
  #startedMs: number | undefined;
  #totalMs = 0;

  /** @param now milliseconds of a clock that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Goes on counting; no change while it does. */
  start(): void {
    this.#startedMs ??= this.#now();
  }

  /** Stops counting and returns the milliseconds counted so far. */
  stop(): number {
    if (this.#startedMs !== undefined) this.#totalMs += this.#now() - this.#startedMs;
    this.#startedMs = undefined;
    return this.#totalMs;
  }

  /** The milliseconds counted so far, without stopping. */
  read(): number {
    return this.#totalMs + (this.#startedMs === undefined ? 0 : this.#now() - this.#startedMs);
  }
}
