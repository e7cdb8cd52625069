/** Times in milliseconds that a share of the calls stayed below. */
export interface Latency {
  /** Half of the calls took at most about this long. */
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** The longest call, exactly. */
  readonly max: number;
}

/** Buckets for each doubling of the time: neighbours differ by 9 %, so a percentile is right within ±4.5 %. */
const bucketsPerDoubling = 8;
/** Where the first bucket starts: 0.1 µs. The last one starts at 1.9 hours. */
const unitsPerMs = 10_000;
const bucketCount = 36 * bucketsPerDoubling + 1;

/** Counts durations in buckets of logarithmic width: 1.2 KB whatever is recorded, tens of nanoseconds a record. */
export class LatencyHistogram {
  readonly #counts: Uint32Array = new Uint32Array(bucketCount);
  #total = 0;
  #max = 0;

  record(ms: number): void {
    const units = ms * unitsPerMs;
    let bucket = units <= 1 ? 0 : Math.floor(Math.log2(units) * bucketsPerDoubling);
    if (bucket >= bucketCount) bucket = bucketCount - 1;
    (this.#counts[bucket] as number)++;
    this.#total++;
    if (ms > this.#max) this.#max = ms;
  }

  /** All zero when nothing was recorded. */
  summary(): Latency {
    return {
      p50: this.#percentile(0.5),
      p90: this.#percentile(0.9),
      p99: this.#percentile(0.99),
      max: this.#max,
    };
  }

  #percentile(share: number): number {
    if (this.#total === 0) return 0;
    const rank = Math.ceil(share * this.#total);
    let seen = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      seen += this.#counts[bucket] as number;
      if (seen >= rank) {
        // The geometric middle of the bucket, and never more than what was really seen.
        return Math.min(2 ** ((bucket + 0.5) / bucketsPerDoubling) / unitsPerMs, this.#max);
      }
    }
    return this.#max;
  }
}
