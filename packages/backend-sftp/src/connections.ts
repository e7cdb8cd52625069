import { delay, raceAbort, StoreError, throwIfAborted, type CallSignal } from "@borgstore/core";
import type { Session } from "./session.ts";

/** How often connecting is tried before those who wait are told. */
const connectAttempts = 3;
/** Longest pauses between the attempts, in ms; half of each is random, so that clients do not come back together. */
const pausesMs = [500, 1500];
/** How long no further connection is tried beside those that there are, after one was refused, in ms. */
const refusedMs = 30_000;

/** Makes one connection. Must stop at an abort. */
export type Connect = (signal: AbortSignal) => Promise<Session>;

/**
 * The connections of a backend. They are made when they are needed, one attempt at a time (servers refuse those who
 * come in crowds), and a lost one is made anew on the next use. Operations take the one with the least to do.
 */
export class Connections {
  readonly #connect: Connect;
  readonly #most: number;
  #sessions: Session[] = [];
  #connecting: Promise<Session> | undefined;
  #noMoreUntilMs = 0;
  /** Work that was given up may go on: it must not make connections that nobody ends. */
  #isClosed = false;
  #closing = new AbortController();

  /** @param most how many there may be at a time */
  constructor(connect: Connect, most: number) {
    this.#connect = connect;
    this.#most = most;
  }

  /** Allows connections again after `close`. */
  open(): void {
    this.#isClosed = false;
  }

  /** How many there are now. */
  get count(): number {
    return this.#alive().length;
  }

  /**
   * Runs `work` with a connection. An abort ends the waiting for one, not the work.
   *
   * @throws StoreError what connecting failed with, marked as unsent.
   */
  async use<T>(signal: CallSignal | undefined, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.acquire(signal);
    try {
      return await work(session);
    } finally {
      this.release(session);
    }
  }

  /** As `use`, for work that is not one function: `release` must follow. */
  async acquire(signal: CallSignal | undefined): Promise<Session> {
    if (this.#isClosed) {
      throw new StoreError("CONNECTION", {
        detail: "the backend was closed",
        retryable: false,
        unsent: true,
      });
    }
    const session = this.#leastBusy() ?? (await this.#fresh(signal));
    // Between the connecting and this turn it may have been lost; then requests fail with the reason.
    session.operations++;
    return session;
  }

  release(session: Session): void {
    session.operations--;
  }

  /** Ends all. What is under way in them fails. In good order unless `atOnce`. None is made until `open`. */
  async close(atOnce: boolean): Promise<void> {
    this.#isClosed = true;
    const connecting = this.#connecting;
    this.#closing.abort(new StoreError("CONNECTION", { detail: "the backend was closed" }));
    this.#closing = new AbortController();
    const sessions = this.#sessions;
    this.#sessions = [];
    await Promise.all(sessions.map((session) => session.end(atOnce)));
    // It was told to stop. What it fails with is told to those who wait for it.
    await connecting?.catch(() => undefined);
    await Promise.all(this.#sessions.splice(0).map((session) => session.end(atOnce)));
  }

  #alive(): Session[] {
    if (this.#sessions.some(({ isLost }) => isLost)) {
      this.#sessions = this.#sessions.filter(({ isLost }) => !isLost);
    }
    return this.#sessions;
  }

  #leastBusy(): Session | undefined {
    const alive = this.#alive();
    let least = alive[0];
    if (least === undefined) return undefined;
    for (const session of alive) if (session.operations < least.operations) least = session;
    if (least.operations > 0 && alive.length < this.#most && this.#connecting === undefined) this.#grow();
    return least;
  }

  /** One more beside those that there are. That it is refused is no failure: so many there are, then. */
  #grow(): void {
    if (performance.now() < this.#noMoreUntilMs) return;
    const { signal } = this.#closing;
    this.#begin().catch(() => {
      if (!signal.aborted) this.#noMoreUntilMs = performance.now() + refusedMs;
    });
  }

  async #fresh(signal: CallSignal | undefined): Promise<Session> {
    throwIfAborted(signal);
    try {
      return await raceAbort(this.#connecting ?? this.#begin(), signal);
    } catch (error) {
      if (signal?.aborted === true || !StoreError.is(error)) throw error;
      throw unsent(error);
    }
  }

  #begin(): Promise<Session> {
    const connecting = this.#tryToConnect(this.#closing.signal);
    this.#connecting = connecting;
    const settled = (): void => {
      if (this.#connecting === connecting) this.#connecting = undefined;
    };
    connecting.then(settled, settled);
    return connecting;
  }

  async #tryToConnect(signal: AbortSignal): Promise<Session> {
    for (let attempt = 1; ; attempt++) {
      try {
        const session = await this.#connect(signal);
        this.#sessions.push(session);
        return session;
      } catch (error) {
        throwIfAborted(signal);
        // A server that says nothing has had its time; one that refuses may do so because many came at once.
        const isPassing = StoreError.is(error) && error.retryable && error.code !== "TIMEOUT";
        // Nobody waits for one more. For the only one they do, also when it was one more to begin with.
        const attempts = this.#alive().length > 0 ? 1 : connectAttempts;
        if (!isPassing || attempt >= attempts) throw error;
        const longestMs = pausesMs[attempt - 1] ?? 0;
        await delay(longestMs * (0.5 + 0.5 * Math.random()), signal);
      }
    }
  }
}

/** A new error of the same kind for each who waited, since each is told about its own operation. */
function unsent(error: StoreError): StoreError {
  const copy = new StoreError(error.code, {
    backend: error.backend,
    retryable: error.retryable,
    unsent: true,
    cause: error.cause,
  });
  copy.message = error.message;
  return copy;
}
