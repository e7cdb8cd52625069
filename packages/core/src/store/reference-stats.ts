import type { OperationStats } from "./operation-stats.ts";
import type { StoreStats } from "./store.ts";

/**
 * The statistics under the names that Python borgstore 0.6 has for them: its 29 keys, and those that appear there
 * only after use. Times are seconds, also `hash_time`, which the reference gives in nanoseconds by oversight.
 * Without the instrumentation layer, `backend_*` counts the store's own calls, which is the same as long as
 * nothing is repeated or refused before it reaches the backend. There is no cache: its counters are 0.
 */
export function referenceStats(stats: StoreStats): Record<string, number | boolean> {
  const { operations, backend } = stats;
  const load = sum(operations.load, operations.loadStream);
  const store = sum(operations.store, operations.storeStream);
  const move = sum(operations.move, operations.softDelete, operations.undelete, operations.changeLevel);
  const attempts = (
    own: Sum,
    names: readonly ("load" | "loadStream" | "store" | "storeStream" | "delete")[],
  ): number =>
    backend === undefined
      ? own.calls + own.failures
      : names.reduce((calls, name) => calls + (backend[name]?.calls ?? 0), 0);
  return {
    info_calls: operations.info.calls,
    info_time: operations.info.time,
    load_calls: load.calls,
    load_time: load.time,
    load_volume: load.volume,
    load_throughput: throughput(load),
    store_calls: store.calls,
    store_time: store.time,
    store_volume: store.volume,
    store_throughput: throughput(store),
    delete_calls: operations.delete.calls,
    delete_time: operations.delete.time,
    move_calls: move.calls,
    move_time: move.time,
    list_calls: operations.list.calls,
    list_time: operations.list.time,
    hash_calls: operations.hash.calls,
    hash_time: operations.hash.time,
    backend_load_calls: attempts(load, ["load", "loadStream"]),
    backend_load_volume:
      backend === undefined
        ? load.volume
        : (backend.load?.loadedBytes ?? 0) + (backend.loadStream?.loadedBytes ?? 0),
    backend_store_calls: attempts(store, ["store", "storeStream"]),
    backend_store_volume:
      backend === undefined
        ? store.volume
        : (backend.store?.storedBytes ?? 0) + (backend.storeStream?.storedBytes ?? 0),
    backend_delete_calls: attempts(operations.delete, ["delete"]),
    cache_disabled: false,
    cache_hits: 0,
    cache_misses: 0,
    cache_hit_ratio: 0,
    cache_errors: 0,
    cache_load_calls: 0,
    cache_store_calls: 0,
    cache_delete_calls: 0,
    cache_load_volume: 0,
    cache_store_volume: 0,
  };
}

type Sum = Pick<OperationStats, "calls" | "failures" | "time" | "volume">;

function sum(...all: readonly Sum[]): Sum {
  return all.reduce((a, b) => ({
    calls: a.calls + b.calls,
    failures: a.failures + b.failures,
    time: a.time + b.time,
    volume: a.volume + b.volume,
  }));
}

function throughput({ time, volume }: Sum): number {
  return time > 0 ? volume / time : 0;
}
