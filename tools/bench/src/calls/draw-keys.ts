/**
 * Chooses so many keys at random, each at most once.
 *
 * @throws RangeError when there are not so many.
 */
export function drawKeys(keys: readonly string[], count: number): string[] {
  if (count > keys.length) throw new RangeError(`${count} keys cannot be drawn from ${keys.length}`);
  const left = [...keys];
  for (let at = 0; at < count; at++) {
    const other = at + Math.floor(Math.random() * (left.length - at));
    [left[at], left[other]] = [left[other] as string, left[at] as string];
  }
  return left.slice(0, count);
}
