import { eventLoopTurns, nowMs, startTimer, stopTimer, type Timer } from "./real-timers.ts";

/** One direction through a fault proxy, seen from the proxy. */
export type ProxyDirection = "toServer" | "toClient";

/** What a line has to know of the pipes in its direction. */
export interface LinePipe {
  /** Forwards what may go now. */
  pump(): void;
  /** Lets go what is held now, though not what arrives later. */
  release(): void;
  /** Something waits for a release. */
  readonly hasHeld: boolean;
  /** Something will go without anybody's doing: it is delayed, limited or stalled, not held or waiting for its receiver. */
  readonly isMoving: boolean;
}

interface Cut {
  remainingBytes: number;
  readonly perform: () => void;
  readonly abandon: () => void;
}

/** So much is read ahead of a slow receiver, per pipe; the sender is slowed down by TCP then. */
const readAheadBytes = 256 * 1024;
/** As much for what is delayed or held, which would else be limited or split by the buffer. */
const readAheadOnPurposeBytes = 16 * 1024 * 1024;

/** Between the last bytes and a cut. */
const cutGraceMs = 10;

/** What holds for all connections in one direction: faults, limits and counts. Pipes ask it and report to it. */
export class Line {
  readonly pipes: Set<LinePipe> = new Set<LinePipe>();
  /** How long what arrives from now on is on its way. */
  delayMs = 0;
  /** Bytes forwarded since the start. */
  bytes = 0;
  /** Goes up whenever something arrives or is forwarded. */
  activity = 0;
  /** Before this time nothing more fits into the bytes per second. */
  freeAtMs = 0;
  #bytesPerSecond: number | undefined;
  #isStalled = false;
  #isCutting = false;
  #isHeld = false;
  #isClosed = false;
  #cut: Cut | undefined;
  #cutTimer: Timer | undefined;

  /** Nothing passes, not even an end or a reset. */
  get isBlocked(): boolean {
    return this.#isStalled || this.#isCutting;
  }

  /** Only what was released passes. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** How much a pipe may have in its queue before it stops reading. */
  get readAheadBytes(): number {
    return this.#isHeld || this.delayMs > 0 ? readAheadOnPurposeBytes : readAheadBytes;
  }

  get bytesPerSecond(): number | undefined {
    return this.#bytesPerSecond;
  }

  set bytesPerSecond(value: number | undefined) {
    this.#bytesPerSecond = value;
    this.freeAtMs = 0;
    this.pump();
  }

  pump(): void {
    for (const pipe of this.pipes) pipe.pump();
  }

  stall(): void {
    this.#isStalled = true;
  }

  resume(): void {
    this.#isStalled = false;
    this.pump();
  }

  /** From now on, what arrives waits for {@link Line.release}; what is on its way goes on. */
  hold(): void {
    this.release();
    this.#isHeld = true;
  }

  release(): void {
    for (const pipe of this.pipes) pipe.release();
  }

  stopHolding(): void {
    this.#isHeld = false;
    this.pump();
  }

  get hasHeld(): boolean {
    return [...this.pipes].some((pipe) => pipe.hasHeld);
  }

  get isMoving(): boolean {
    return [...this.pipes].some((pipe) => pipe.isMoving);
  }

  /** Arms a cut; resolves after `perform` was called, rejects when the line is closed before. */
  cutAfter(bytes: number, perform: () => void): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error("the proxy is closed"));
    if (this.#cut !== undefined) {
      return Promise.reject(new Error("another cut in this direction waits for its bytes"));
    }
    const performed = new Promise<void>((resolve, reject) => {
      this.#cut = {
        remainingBytes: bytes,
        perform: () => {
          perform();
          resolve();
        },
        abandon: () => reject(new Error("the proxy was closed before the cut")),
      };
    });
    // Who does not wait for a cut is not to be told by a crash that there was none.
    performed.catch(() => undefined);
    return performed;
  }

  /** How many bytes may go in one piece; 0 when the next byte is where to {@link Line.cut}. */
  get allowedBytes(): number {
    // Fifty pieces a second: a trickle rather than one gulp a second.
    const slice = this.#bytesPerSecond === undefined ? Infinity : Math.max(1, this.#bytesPerSecond / 50);
    return Math.min(Math.floor(slice), this.#cut?.remainingBytes ?? Infinity);
  }

  /** Notes that `bytes` are forwarded; true when they are the last before a cut, which the caller makes when they are out. */
  spend(bytes: number): boolean {
    this.bytes += bytes;
    this.activity++;
    if (this.#bytesPerSecond !== undefined) {
      this.freeAtMs = Math.max(nowMs(), this.freeAtMs) + (bytes / this.#bytesPerSecond) * 1000;
    }
    if (this.#cut === undefined) return false;
    this.#cut.remainingBytes -= bytes;
    this.#isCutting = this.#cut.remainingBytes === 0;
    return this.#isCutting;
  }

  /**
   * Makes the cut when the receiver has had time to read what is in front of it: libuv shows an end in place of a
   * reset that it finds together with bytes.
   */
  cutSoon(): void {
    this.#cutTimer = startTimer(cutGraceMs, () => void eventLoopTurns(2).then(() => this.cut()));
  }

  /** Makes the cut, now. */
  cut(): void {
    const cut = this.#cut;
    this.#cut = undefined;
    this.#isCutting = false;
    cut?.perform();
    this.pump();
  }

  /** Gives up the cut that still waits. */
  close(): void {
    this.#isClosed = true;
    stopTimer(this.#cutTimer);
    this.#cut?.abandon();
    this.#cut = undefined;
  }
}
