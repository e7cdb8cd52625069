/** A number with thousands separators. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** A number and its noun: `1 file`, `2 files`. */
export function plural(count: number, noun: string): string {
  const many = /(?:s|x|ch|sh)$/.test(noun)
    ? `${noun}es`
    : /[^aeiou]y$/.test(noun)
      ? `${noun.slice(0, -1)}ies`
      : `${noun}s`;
  return `${formatCount(count)} ${count === 1 ? noun : many}`;
}

/** Bytes in decimal units, three digits or more: `999 B`, `1.23 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${Number(bytes.toPrecision(3))} B` : `${value.toPrecision(3)} ${units[unit]}`;
}

/** A throughput in decimal units a second; `-` when no time has passed. */
export function formatRate(bytes: number, seconds: number): string {
  return seconds > 0 ? `${formatBytes(bytes / seconds)}/s` : "-";
}

/** A duration, three digits: `12.3 µs`, `4.56 ms`, `7.89 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.001) return `${(seconds * 1e6).toPrecision(3)} µs`;
  if (seconds < 1) return `${(seconds * 1000).toPrecision(3)} ms`;
  return seconds < 100 ? `${seconds.toPrecision(3)} s` : `${Math.round(seconds)} s`;
}
