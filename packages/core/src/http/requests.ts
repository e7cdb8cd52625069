import { onAbort } from "../abort-listeners.ts";
import { throwIfAborted } from "../abort.ts";
import type { CallSignal } from "../call-abort.ts";
import { StoreError } from "../errors.ts";
import { Slots } from "../layers/slots.ts";
import { longestTimerMs } from "../option-checks.ts";
import type { AbortRegistration } from "../waiting-callbacks.ts";
import type { Body } from "./read-body.ts";

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
  readonly signal: CallSignal | undefined;
  /** The name that the request is about, for errors. */
  readonly name?: string | undefined;
  /** Length of the request's body; it makes the limit longer. */
  readonly bodyBytes?: number | undefined;
  /** Whether the service has to move data before it answers: ten times the limit. */
  readonly isLong?: boolean | undefined;
}

/** Makes of what a request failed with what the caller is told: a `StoreError` where it can be. */
export type Classify = (error: unknown, name: string | undefined) => unknown;

/** The slowest line that a body is sent over without running into the limit, in bytes per ms: 16 KiB/s. */
const slowestBytesPerMs = 16.384;

/**
 * Sends requests: so many at a time, first come, first served, each with a limit of time. What waits for its turn has
 * not begun, and its limit neither.
 */
export class Requests {
  readonly #limits: RequestLimits;
  readonly #classify: Classify;
  readonly #slots: Slots;
  readonly #underWay = new Set<Exchange>();
  #isClosed = false;

  constructor(limits: RequestLimits, classify: Classify) {
    this.#limits = limits;
    this.#classify = classify;
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
    const exchange = new Exchange(this.#limits, options, this.#classify, {
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

/** A request of Node: what is used of it here. */
export interface Destroyable {
  destroy(): unknown;
}

interface ExchangeEvents {
  giveBack(): void;
  end(): void;
}

/** One request and its answer. */
export class Exchange {
  readonly #limits: RequestLimits;
  readonly #options: RequestOptions;
  readonly #classify: Classify;
  readonly #events: ExchangeEvents;
  /** Made for those who ask for its signal: it costs as much as all else here. */
  #controller: AbortController | undefined;
  readonly #aborting: AbortRegistration | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastProgressMs = 0;
  readonly #racing = new Set<(reason: unknown) => void>();
  #isAborted = false;
  #reason: unknown;
  #request: Destroyable | undefined;
  #body: Body | undefined;
  #isReading = false;
  #hasSlot = true;
  #hasEnded = false;

  /** Made by {@link Requests}. */
  constructor(limits: RequestLimits, options: RequestOptions, classify: Classify, events: ExchangeEvents) {
    this.#limits = limits;
    this.#options = options;
    this.#classify = classify;
    this.#events = events;
    const { signal, bodyBytes = 0, isLong = false } = options;
    this.#aborting = onAbort(signal, () => this.abort(signal?.reason));
    this.#limit(bodyBytes, isLong);
  }

  #limit(bodyBytes: number, isLong: boolean): void {
    const { requestTimeoutMs } = this.#limits;
    const wantedMs = Math.round(requestTimeoutMs * (isLong ? 10 : 1) + bodyBytes / slowestBytesPerMs);
    const limitMs = Math.min(wantedMs, longestTimerMs);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#timeOut(`no answer within ${limitMs} ms`), limitMs);
  }

  /** For whoever sends it: aborted when the caller aborts or a limit is reached. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether the caller has aborted, or a limit is reached: without making a signal. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** Throws the reason when it is aborted. */
  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }

  /** What sends it, which ends when this is aborted: cheaper than a signal. */
  sends(request: Destroyable): void {
    this.#request = request;
    if (this.#isAborted) request.destroy();
  }

  /**
   * Some of the answer has arrived: from now on only silence is limited. Called again with each piece. Silence between
   * {@link pause} and the next call is the reader's.
   */
  progress(): void {
    if (this.#hasEnded) return;
    this.#lastProgressMs = performance.now();
    if (this.#isReading) return;
    this.#isReading = true;
    this.#watch(this.#limits.stallTimeoutMs);
  }

  /** Looks again after so long whether there was progress: pieces come too often to set a timer for each. */
  #watch(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { stallTimeoutMs } = this.#limits;
      const leftMs = this.#lastProgressMs + stallTimeoutMs - performance.now();
      // Timers may be a little early.
      if (leftMs > 1) this.#watch(Math.ceil(leftMs));
      else this.#timeOut(`no data for ${stallTimeoutMs} ms`);
    }, ms);
  }

  /**
   * The request's body has been sent, or so much of it that only the answer is awaited now.
   *
   * @param bodyBytes what the other side may have to pass on before it answers
   */
  sent(bodyBytes: number): void {
    if (this.#hasEnded) return;
    this.#isReading = false;
    this.#limit(bodyBytes, false);
  }

  /**
   * The answer's body, which ends with the request, whoever else may end it earlier.
   */
  reads(body: Body): void {
    this.#body = body;
    // Whoever reads it is told; a body that nobody reads any more may fail as it likes.
    body.on("error", () => {});
    if (this.#isAborted) body.destroy();
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
   * Settles as the work does, or with the reason as soon as the request is aborted: work may wait for something that
   * does not look at the signal.
   */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isAborted) reject(this.#reason);
      this.#racing.add(reject);
      // Both outcomes are handled here, so nothing becomes an unhandled rejection after an abort.
      work.then(
        (value) => {
          this.#racing.delete(reject);
          resolve(value);
        },
        (error: unknown) => {
          this.#racing.delete(reject);
          reject(error);
        },
      );
    });
  }

  /** Ends the request with a reason, which is what it fails with. */
  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const reject of this.#racing) reject(reason);
    this.#request?.destroy();
    this.#body?.destroy();
  }

  /** What a failure is to be told as: the reason of an abort, or else the classified error. */
  explain(error: unknown): unknown {
    return this.#isAborted ? this.#reason : this.#classify(error, this.#options.name);
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
