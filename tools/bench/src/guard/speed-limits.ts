import { differencesByRound, ratiosByRound } from "../measure/statistics.ts";

/** How slow something may be: a few times what the bars promise, so that only a real loss is noticed. */
export interface SpeedLimit {
  /** Most times the processor time of the bound. */
  readonly ratio?: number;
  /** As much above the bound is fine as well, in µs of processor time. */
  readonly addedUs?: number;
  /** Most times the elapsed time of the bound: finds waiting, which takes no processor time. */
  readonly elapsedRatio?: number;
}

/** What something took, by round and in µs a call. */
export interface Taken {
  readonly us: readonly number[];
  readonly cpuUs: readonly number[];
}

/** What something and its bound took. */
export interface Pair {
  readonly taken: Taken;
  readonly bound: Taken;
}

/**
 * Measures, and what is too slow again, up to so many times: on a busy machine code may be compiled late, and then all
 * rounds of the first time are slow.
 *
 * @returns what was too slow each time, with what was found the last time.
 * @throws Error when something that has a limit was not measured.
 */
export async function findLosses<Key>(
  measure: () => Promise<ReadonlyMap<Key, Pair>>,
  limits: ReadonlyMap<Key, SpeedLimit>,
  times: number,
): Promise<Map<Key, string>> {
  let suspects = [...limits.keys()];
  let losses = new Map<Key, string>();
  for (let time = 0; time < times && suspects.length > 0; time++) {
    const measured = await measure();
    losses = new Map();
    for (const key of suspects) {
      const pair = measured.get(key);
      if (pair === undefined) throw new Error(`${String(key)} was not measured`);
      const found = findSlowness(pair, limits.get(key) ?? {});
      if (found !== undefined) losses.set(key, found);
    }
    suspects = [...losses.keys()];
  }
  return losses;
}

/**
 * Holds what something took against what its bound took in the same rounds. The best round counts: other work on the
 * machine makes single rounds slow, a loss all of them.
 *
 * @returns what is too slow, to be shown; `undefined` when nothing is.
 * @throws RangeError when the rounds are not the same number, or none.
 */
export function findSlowness({ taken, bound }: Pair, limit: SpeedLimit): string | undefined {
  const { ratio, addedUs, elapsedRatio } = limit;
  const problems: string[] = [];
  const cpu = ratiosByRound(taken.cpuUs, bound.cpuUs).min;
  const added = differencesByRound(taken.cpuUs, bound.cpuUs).min;
  const elapsed = ratiosByRound(taken.us, bound.us).min;
  if (!(cpu <= (ratio ?? -Infinity) || added <= (addedUs ?? -Infinity))) {
    const allowed = [
      ...(ratio === undefined ? [] : [`${ratio} times`]),
      ...(addedUs === undefined ? [] : [`${addedUs} µs more`]),
    ];
    problems.push(
      `${cpu.toFixed(2)} times the processor time of its bound, ${added.toFixed(1)} µs more; allowed: ${allowed.join(" or ")}`,
    );
  }
  if (elapsedRatio !== undefined && !(elapsed <= elapsedRatio)) {
    problems.push(
      `${elapsed.toFixed(1)} times the elapsed time of its bound; allowed: ${elapsedRatio} times`,
    );
  }
  return problems.length === 0 ? undefined : problems.join("; ");
}
