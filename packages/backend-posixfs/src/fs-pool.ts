import { StoreError } from "@borgstore/core";
import { PoolTurn } from "./pool-turn.ts";

interface Waiter {
  start(): void;
  giveUp(error: unknown): void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Lets operations use libuv's thread pool: a bounded number at a time, first come first served, none for longer
 * than the deadline without progress. An operation that is given up keeps its place until the call that it hangs
 * in comes back, because that call still occupies a thread.
 */
export class FsPool {
  readonly #concurrency: number;
  readonly #deadlineMs: number;
  readonly #queue: Waiter[] = [];
  #running = 0;
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(concurrency: number, deadlineMs: number) {
    this.#concurrency = concurrency;
    this.#deadlineMs = deadlineMs;
  }

  /**
   * Runs `work` when it is its turn, and settles as it does.
   *
   * @throws StoreError `TIMEOUT` when one of its calls, or the queue as a whole, makes no progress in time. `work`
   *   is then refused any further call but those that clean up.
   */
  async run<T>(work: (turn: PoolTurn) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#running >= this.#concurrency) await this.#wait(signal);
    else this.#running++;
    return await new Promise<T>((resolve, reject) => {
      const turn = new PoolTurn(this.#deadlineMs, reject);
      const finish = (): void => {
        turn.end();
        this.#next();
      };
      work(turn).then(resolve, reject).finally(finish);
    });
  }

  /** Resolves with a place of its own among the running. */
  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ start: resolve, giveUp: reject, signal });
      this.#stallTimer ??= setTimeout(() => this.#giveUpAll(), this.#deadlineMs);
    });
  }

  #next(): void {
    for (let waiter = this.#queue.shift(); waiter !== undefined; waiter = this.#queue.shift()) {
      if (waiter.signal?.aborted !== true) {
        if (this.#queue.length === 0) this.#stopStallTimer();
        else this.#stallTimer?.refresh();
        waiter.start();
        return;
      }
      waiter.giveUp(waiter.signal.reason);
    }
    this.#stopStallTimer();
    this.#running--;
  }

  #giveUpAll(): void {
    this.#stallTimer = undefined;
    for (const waiter of this.#queue.splice(0)) {
      waiter.giveUp(
        new StoreError("TIMEOUT", {
          detail: `${this.#concurrency} operations are under way and none has ended for ${this.#deadlineMs} ms`,
        }),
      );
    }
  }

  #stopStallTimer(): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
  }
}
