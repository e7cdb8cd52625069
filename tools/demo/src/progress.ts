import { formatBytes, formatCount, formatRate } from "./format.ts";

/** How far a piece of work has come. */
export interface ProgressState {
  readonly label: string;
  readonly unit: string;
  readonly count: number;
  readonly totalCount: number;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly seconds: number;
}

/** Where progress is shown; `process.stderr` is one. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Options of {@link Progress}. */
export interface ProgressOptions {
  /** Time between two lines in ms, where the stream is no terminal. */
  readonly lineMs: number;
  /**
   * Whether a bar may be redrawn in place.
   *
   * @default whether the stream is a terminal that can (`TERM` is not `dumb`)
   */
  readonly redraw?: boolean;
}

const redrawMs = 100;
const clearLine = "\r\u001b[2K";
const widestBar = 40;

/**
 * Shows how far work has come: a bar on a terminal, fitted to its width at each drawing, else a plain line every
 * now and then. One piece of work at a time. No timer: drawn when work advances.
 */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #everyMs: number;
  readonly #redraw: boolean;
  #state: ProgressState | undefined;
  #startMs = 0;
  #shownMs = 0;

  constructor(stream: ProgressStream, options: ProgressOptions) {
    this.#stream = stream;
    this.#redraw = options.redraw ?? (stream.isTTY === true && process.env["TERM"] !== "dumb");
    this.#everyMs = this.#redraw ? redrawMs : options.lineMs;
  }

  /** Starts a piece of work; totals that are 0 are not shown. */
  start(label: string, unit: string, totalCount: number, totalBytes = 0): void {
    this.#startMs = performance.now();
    this.#shownMs = this.#startMs;
    this.#state = { label, unit, count: 0, totalCount, bytes: 0, totalBytes, seconds: 0 };
    if (this.#redraw) this.#show(this.#state);
  }

  /** Says that so much more is done. */
  advance(count: number, bytes = 0): void {
    const state = this.#state;
    if (state === undefined) return;
    const nowMs = performance.now();
    this.#state = {
      ...state,
      count: state.count + count,
      bytes: state.bytes + bytes,
      seconds: (nowMs - this.#startMs) / 1000,
    };
    if (nowMs - this.#shownMs < this.#everyMs) return;
    this.#shownMs = nowMs;
    this.#show(this.#state);
  }

  /** Ends the piece of work, finished or not, and clears the bar, so that other text can be written. */
  stop(): void {
    if (this.#state !== undefined && this.#redraw) this.#stream.write(clearLine);
    this.#state = undefined;
  }

  #show(state: ProgressState): void {
    if (this.#redraw) {
      // The last column stays free: some terminals wrap as soon as it is written to.
      this.#stream.write(clearLine + renderBar(state, (this.#stream.columns ?? 80) - 1));
    } else {
      this.#stream.write(`   ... ${renderLine(state)}\n`);
    }
  }
}

/** A progress bar of at most `width` characters; what does not fit is left out, from the right. */
export function renderBar(state: ProgressState, width: number): string {
  const percent = `${Math.floor(fraction(state) * 100)}`.padStart(3);
  const start = `   ${state.label} `;
  const parts = [`${percent} %`, ...figures(state), remaining(state)].filter((part) => part !== "");
  const smallestBar = 12;
  let end = "";
  for (const part of parts) {
    const longer = `${end}  ${part}`;
    if (start.length + smallestBar + longer.length > width) break;
    end = longer;
  }
  const room = Math.min(width - start.length - end.length - 2, widestBar);
  if (room < 3) return `${start}${percent} %`.slice(0, Math.max(width, 0));
  const done = Math.round(fraction(state) * room);
  return `${start}[${"#".repeat(done)}${"-".repeat(room - done)}]${end}`;
}

/** The same as one plain line of text. */
export function renderLine(state: ProgressState): string {
  const percent = `${Math.floor(fraction(state) * 100)} %`;
  return [state.label, percent, ...figures(state), `${state.seconds.toFixed(1)} s`].join(", ");
}

function figures(state: ProgressState): string[] {
  const { count, totalCount, bytes, totalBytes, seconds, unit } = state;
  const shown = [`${formatCount(count)}/${formatCount(totalCount)} ${unit}`];
  if (totalBytes > 0) {
    shown.push(`${formatBytes(bytes)}/${formatBytes(totalBytes)}`);
    if (seconds > 0) shown.push(formatRate(bytes, seconds));
  }
  return shown;
}

function remaining(state: ProgressState): string {
  const done = fraction(state);
  // The first moments say nothing about the rest.
  if (done === 0 || state.seconds < 1) return "";
  return `${Math.ceil((state.seconds / done) * (1 - done))} s left`;
}

function fraction(state: ProgressState): number {
  const { count, totalCount, bytes, totalBytes } = state;
  const done = totalBytes > 0 ? bytes / totalBytes : totalCount > 0 ? count / totalCount : 1;
  return Math.min(done, 1);
}
