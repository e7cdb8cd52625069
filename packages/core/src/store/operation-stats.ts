import { LatencyHistogram, type Latency } from "./latency-histogram.ts";
import { storeOperationNames, type StoreOperationName } from "./operation.ts";

/** What one kind of operation did so far. */
export interface OperationStats {
  /** Calls that succeeded. */
  readonly calls: number;
  /** Calls that failed or were aborted. They are counted here only. */
  readonly failures: number;
  /**
   * Seconds that the successful calls took, summed up: with several at a time more than has passed. Of listings
   * and streams only what was spent waiting for the backend, not what the caller did between the steps.
   */
  readonly time: number;
  /** Bytes of the values that were loaded or stored. */
  readonly volume: number;
  /** `volume` by `time` in bytes a second; 0 when there is no time. */
  readonly throughput: number;
  /** How long the successful calls took, in milliseconds. */
  readonly latency: Latency;
}

/** Stats of all operations by the names of the store's methods. */
export type OperationStatsTable = Readonly<Record<StoreOperationName, OperationStats>>;

/** Counts one kind of operation. */
class OperationCounter {
  #calls = 0;
  #failures = 0;
  #ms = 0;
  #volume = 0;
  /** Made at the first call: most stores use few kinds of operations. */
  #latency: LatencyHistogram | undefined;

  succeeded(ms: number, volume: number): void {
    this.#calls++;
    this.#ms += ms;
    this.#volume += volume;
    (this.#latency ??= new LatencyHistogram()).record(ms);
  }

  failed(): void {
    this.#failures++;
  }

  snapshot(): OperationStats {
    const time = this.#ms / 1000;
    return {
      calls: this.#calls,
      failures: this.#failures,
      time,
      volume: this.#volume,
      throughput: time > 0 ? this.#volume / time : 0,
      latency: (this.#latency ?? new LatencyHistogram()).summary(),
    };
  }
}

/** A counter for each operation. */
export type OperationCounters = Readonly<Record<StoreOperationName, OperationCounter>>;

/** Counters that start at zero. */
export function operationCounters(): OperationCounters {
  return Object.fromEntries(storeOperationNames.map((name) => [name, new OperationCounter()])) as Record<
    StoreOperationName,
    OperationCounter
  >;
}

/** What the counters say now. */
export function operationStats(counters: OperationCounters): OperationStatsTable {
  return Object.fromEntries(
    storeOperationNames.map((name) => [name, counters[name].snapshot()]),
  ) as OperationStatsTable;
}
