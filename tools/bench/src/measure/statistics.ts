/** What several rounds came to. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The value in the middle; of an even number the mean of the two in the middle.
 *
 * @throws RangeError without any value.
 */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/**
 * The value below which `percent` of the values lie, interpolated between neighbours.
 *
 * @param percent 0 (the smallest) to 100 (the largest), inclusive.
 * @throws RangeError without any value, or with a percentage out of range.
 */
export function percentile(values: readonly number[], percent: number): number {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(`no percentage: ${percent}`);
  const sorted = [...values].sort((a, b) => a - b);
  const position = ((sorted.length - 1) * percent) / 100;
  const lower = sorted[Math.floor(position)];
  const upper = sorted[Math.ceil(position)];
  if (lower === undefined || upper === undefined) throw new RangeError("no values, so no percentile");
  return lower + (upper - lower) * (position - Math.floor(position));
}

/**
 * Median, smallest and largest.
 *
 * @throws RangeError without any value.
 */
export function summarize(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Ratios of two subjects round by round, so that what slowed a whole round down falls out.
 *
 * @throws RangeError when the rounds are not the same number, or none.
 */
export function ratiosByRound(values: readonly number[], bounds: readonly number[]): Summary {
  return summarize(byRound(values, bounds, (value, bound) => value / bound));
}

/**
 * Differences of two subjects round by round, see {@link ratiosByRound}.
 *
 * @throws RangeError when the rounds are not the same number, or none.
 */
export function differencesByRound(values: readonly number[], bounds: readonly number[]): Summary {
  return summarize(byRound(values, bounds, (value, bound) => value - bound));
}

function byRound(
  values: readonly number[],
  bounds: readonly number[],
  compare: (value: number, bound: number) => number,
): number[] {
  if (values.length !== bounds.length) {
    throw new RangeError(`${values.length} rounds cannot be compared with ${bounds.length}`);
  }
  return values.map((value, round) => compare(value, bounds[round] ?? Number.NaN));
}
