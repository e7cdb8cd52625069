import type { Line, ProxyDirection } from "./line.ts";
import { eventLoopTurns, nowMs, startTimer } from "./real-timers.ts";

/** How long a connection may take to become quiet before a count, ms. */
const quietLimitMs = 10_000;
/** A settle time is waited in so many parts, so that a stop of the whole process costs one part and not all of it. */
const ticksToSettle = 5;

/** Counts the exchanges over the lines of a proxy, by holding and releasing them in turns. */
export class RoundTripCounter {
  readonly #toServer: Line;
  readonly #toClient: Line;
  readonly #tickMs: number;
  #isCounting = false;
  #isWorkDone = false;
  #isUnanswered = false;
  #roundTrips = 0;

  constructor(lines: Readonly<Record<ProxyDirection, Line>>, settleMs: number) {
    this.#toServer = lines.toServer;
    this.#toClient = lines.toClient;
    this.#tickMs = settleMs / ticksToSettle;
  }

  /** See `FaultProxy.countRoundTrips`. */
  async count<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly roundTrips: number }> {
    if (this.#isCounting) throw new Error("another countRoundTrips of this proxy is running");
    this.#isCounting = true;
    try {
      await this.#untilQuiet();
      return await this.#countFromQuiet(work);
    } finally {
      this.#isCounting = false;
    }
  }

  async #untilQuiet(): Promise<void> {
    const endMs = nowMs() + quietLimitMs;
    do {
      const isQuiet = await this.#settle(() => nowMs() > endMs);
      if (!isQuiet) throw new Error(`the connections were not quiet within ${quietLimitMs} ms`);
    } while (this.#toServer.isMoving || this.#toClient.isMoving);
  }

  async #countFromQuiet<T>(
    work: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly roundTrips: number }> {
    this.#isWorkDone = false;
    this.#isUnanswered = false;
    this.#roundTrips = 0;
    this.#toServer.hold();
    this.#toClient.hold();
    const turns = this.#takeTurns();
    try {
      const result = await work();
      return { result, roundTrips: this.#roundTrips };
    } finally {
      this.#isWorkDone = true;
      this.#toServer.stopHolding();
      this.#toClient.stopHolding();
      await turns;
    }
  }

  /** The counting itself: the client's turn as long as it has something to send, then the server's. */
  async #takeTurns(): Promise<void> {
    for (;;) {
      const isQuiet = await this.#settle(() => this.#isWorkDone);
      if (!isQuiet) return;
      if (this.#toServer.hasHeld) {
        this.#toServer.release();
        this.#isUnanswered = true;
      } else if (!this.#toServer.isMoving && this.#toClient.hasHeld) {
        if (this.#isUnanswered) this.#roundTrips++;
        this.#isUnanswered = false;
        this.#toClient.release();
      }
    }
  }

  /** True when nothing arrived or was forwarded for the settle time, false when `isOver` came before that. */
  async #settle(isOver: () => boolean): Promise<boolean> {
    let seen = -1;
    let quietTicks = 0;
    while (quietTicks < ticksToSettle) {
      await this.#tick();
      if (isOver()) return false;
      const activity = this.#toServer.activity + this.#toClient.activity;
      quietTicks = activity === seen ? quietTicks + 1 : 0;
      seen = activity;
    }
    return true;
  }

  async #tick(): Promise<void> {
    await new Promise<void>((resolve) => void startTimer(this.#tickMs, resolve));
    // A timer that is late runs before what arrived in the meantime is read.
    await eventLoopTurns(2);
  }
}
