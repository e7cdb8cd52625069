const leastItems = 12;

/** Numbers of items of a storage that grows tenfold, from a thousandth of the most; from 12, that there is a choice. */
export function growthCounts(most: number): number[] {
  const first = Math.max(leastItems, Math.round(most / 1000));
  return [first, first * 10, first * 100, first * 1000].filter((count, at) => at < 2 || count <= most);
}
