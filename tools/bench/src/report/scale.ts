/** Turns values into places on an axis. */
export interface Scale {
  readonly kind: "linear" | "log";
  /** Values that get a line, ascending; the first and the last are the ends of the axis. */
  readonly ticks: readonly number[];
  /** The place of a value, 0 for the low end and 1 for the high one; values beyond them are at the end. */
  place(value: number): number;
}

/** Values that spread over more than this get a logarithmic axis. */
const linearSpread = 8;
const mostTicks = 9;

/**
 * An axis for values. A linear one begins at 0; a logarithmic one is taken when the values in the middle spread over
 * more than 8 times, and needs values above 0: it shows others at its low end.
 *
 * @param middles decide over the kind
 * @param extremes have room as well
 * @throws RangeError without any value.
 */
export function makeScale(middles: readonly number[], extremes: readonly number[]): Scale {
  const all = [...middles, ...extremes];
  if (middles.length === 0) throw new RangeError("no values, so no axis");
  const positive = middles.filter((value) => value > 0);
  const isLog = positive.length > 1 && Math.max(...positive) > linearSpread * Math.min(...positive);
  return isLog ? logScale(all.filter((value) => value > 0)) : linearScale(Math.max(...all));
}

function linearScale(high: number): Scale {
  const step = niceStep(high > 0 ? high / 5 : 1);
  const count = Math.max(1, Math.ceil(high / step - 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
  const end = count * step;
  return { kind: "linear", ticks, place: (value) => clamp(value / end) };
}

function logScale(values: readonly number[]): Scale {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const all = logTicks(low, high, [1, 2, 5]);
  const ticks = all.length <= mostTicks ? all : logTicks(low, high, [1]);
  const start = Math.log(ticks[0] ?? low);
  const length = Math.log(ticks.at(-1) ?? high) - start;
  const place = (value: number): number => (value <= 0 ? 0 : clamp((Math.log(value) - start) / length));
  return { kind: "log", ticks, place };
}

/** The last of the steps at or below `low` up to the first one at or above `high`. */
function logTicks(low: number, high: number, steps: readonly number[]): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const all = Array.from({ length: last - first + 1 }, (_, i) =>
    steps.map((step) => Number((step * 10 ** (first + i)).toPrecision(12))),
  ).flat();
  const start = all.findLastIndex((tick) => tick <= low);
  const end = all.findIndex((tick) => tick >= high);
  return all.slice(Math.max(0, start), end === -1 ? undefined : Math.max(end, start + 1) + 1);
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10;
  return step * power;
}

function clamp(place: number): number {
  return Math.min(1, Math.max(0, place));
}
