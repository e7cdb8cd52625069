import {
  longestTimerMs,
  onAbort,
  raceAbort,
  Slots,
  StoreError,
  throwIfAborted,
  type AbortRegistration,
} from "@borgstore/core";
import type { Readable } from "node:stream";
import { classify } from "./classify.ts";

/** How long and how many requests may be under way. */
export interface RequestLimits {
  /** Requests at a time. */
  readonly concurrency: number;
  /** From sending a request, without its body, to its answer, in ms. */
  readonly requestTimeoutMs: number;
  /** Without a byte of an answer's body, in ms. */
  readonly stallTimeoutMs: number;
}

/** What is known of a request before it is sent. */
export interface RequestOptions {
  readonly signal: AbortSignal | undefined;
  /** The name that the request is about, for errors. */
  readonly name?: string | undefined;
  /** Length of the request's body; it makes the limit longer. */
  readonly bodyBytes?: number | undefined;
  /** Whether the service has to move data before it answers: ten times the limit. */
  readonly isLong?: boolean | undefined;
}

/** The slowest line that a body is sent over without running into the limit, in bytes per ms: 16 KiB/s. */
const slowestBytesPerMs = 16.384;

/**
 * Sends requests: so many at a time, first come, first served, each with a limit of time. What waits for its turn has
 * not begun, and its limit neither.
 */
export class Requests {
  readonly #limits: RequestLimits;
  readonly #slots: Slots;
  readonly #underWay = new Set<Exchange>();
  #isClosed = false;

  constructor(limits: RequestLimits) {
    this.#limits = limits;
    this.#slots = new Slots(limits.concurrency);
  }

  /**
   * Does one request, with all that is read of its answer.
   *
   * @throws StoreError what it failed with, classified; the signal's reason after an abort.
   */
  async run<T>(options: RequestOptions, work: (exchange: Exchange) => Promise<T>): Promise<T> {
    const exchange = await this.begin(options);
    try {
      return await exchange.race(work(exchange));
    } catch (error) {
      throw exchange.explain(error);
    } finally {
      exchange.end();
    }
  }

  /**
   * Begins a request that goes on for a while; {@link Exchange.end} must follow. Rejects only with the abort's reason, and
   * with `NOT_OPEN` after {@link close}.
   */
  async begin(options: RequestOptions): Promise<Exchange> {
    throwIfAborted(options.signal);
    if (this.#isClosed) throw closedError();
    if (!this.#slots.tryAcquire()) await this.#slots.acquire(options.signal);
    if (this.#isClosed) {
      this.#slots.release();
      throw closedError();
    }
    const exchange = new Exchange(this.#limits, options, {
      giveBack: () => this.#slots.release(),
      end: () => this.#underWay.delete(exchange),
    });
    this.#underWay.add(exchange);
    return exchange;
  }

  /** Ends everything that is under way. There only is something when closing was aborted: the guard waits for calls. */
  close(): void {
    this.#isClosed = true;
    for (const exchange of this.#underWay) exchange.abort(closedError());
  }
}

function closedError(): StoreError {
  return new StoreError("NOT_OPEN", { detail: "the backend was closed meanwhile" });
}

interface ExchangeEvents {
  giveBack(): void;
  end(): void;
}

/** One request and its answer. */
export class Exchange {
  readonly #limits: RequestLimits;
  readonly #options: RequestOptions;
  readonly #events: ExchangeEvents;
  readonly #controller = new AbortController();
  readonly #aborting: AbortRegistration | undefined;
  #timer: NodeJS.Timeout | undefined;
  #body: Readable | undefined;
  #isReading = false;
  #hasSlot = true;
  #hasEnded = false;

  constructor(limits: RequestLimits, options: RequestOptions, events: ExchangeEvents) {
    this.#limits = limits;
    this.#options = options;
    this.#events = events;
    const { signal, bodyBytes = 0, isLong = false } = options;
    this.#aborting = onAbort(signal, () => this.abort(signal?.reason));
    const wantedMs = Math.round(limits.requestTimeoutMs * (isLong ? 10 : 1) + bodyBytes / slowestBytesPerMs);
    const limitMs = Math.min(wantedMs, longestTimerMs);
    this.#timer = setTimeout(() => this.#timeOut(`no answer within ${limitMs} ms`), limitMs);
  }

  /** For the SDK: aborted when the caller aborts or a limit is reached. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Some of the answer has arrived: from now on only silence is limited. Called again with each piece. Silence between
   * {@link pause} and the next call is the reader's.
   */
  progress(): void {
    if (this.#hasEnded) return;
    if (this.#isReading) {
      this.#timer?.refresh();
      return;
    }
    this.#isReading = true;
    clearTimeout(this.#timer);
    const { stallTimeoutMs } = this.#limits;
    this.#timer = setTimeout(() => this.#timeOut(`no data for ${stallTimeoutMs} ms`), stallTimeoutMs);
  }

  /**
   * The answer's body, which ends with the request. The SDK ends it by itself only until it has handed it out.
   */
  reads(body: Readable): void {
    this.#body = body;
    // Whoever reads it is told; a body that nobody reads any more may fail as it likes.
    body.on("error", () => {});
    if (this.#controller.signal.aborted) body.destroy();
  }

  /** The reader takes its time. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#isReading = false;
  }

  /** Lets another request begin although the answer's body is not read yet: its reader decides how fast that goes. */
  giveSlotBack(): void {
    if (this.#hasSlot) this.#events.giveBack();
    this.#hasSlot = false;
  }

  /**
   * Settles as the work does, or with the reason as soon as the request is aborted: before it is sent, the SDK waits for
   * credentials, and does not look at the signal.
   */
  race<T>(work: Promise<T>): Promise<T> {
    return raceAbort(work, this.#controller.signal);
  }

  /** Ends the request with a reason, which is what it fails with. */
  abort(reason: unknown): void {
    if (this.#controller.signal.aborted) return;
    this.#controller.abort(reason);
    this.#body?.destroy();
  }

  /** What a failure is to be told as: the reason of an abort, or else the classified error. */
  explain(error: unknown): unknown {
    return this.#controller.signal.aborted
      ? (this.#controller.signal.reason as unknown)
      : classify(error, this.#options.name);
  }

  /** Must be called in the end, once or more often. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#aborting?.remove();
    this.giveSlotBack();
    this.#events.end();
  }

  #timeOut(detail: string): void {
    this.abort(new StoreError("TIMEOUT", { key: this.#options.name, detail }));
  }
}
