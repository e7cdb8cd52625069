import { formatBytes, formatCount, formatRate, formatSeconds } from "./format.ts";

/** The figures of one operation that the table shows; `store.stats` has them. */
export interface OperationFigures {
  readonly calls: number;
  readonly failures: number;
  readonly time: number;
  readonly volume: number;
  readonly throughput: number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

const heading = ["operation", "calls", "failed", "volume", "time", "throughput", "p50", "p99"];

/**
 * The operations that were called, one a line, in columns. Time is what all calls took together: with several at a
 * time more than has passed.
 */
export function statsTable(operations: Readonly<Record<string, OperationFigures>>): string[] {
  const rows = Object.entries(operations)
    .filter(([, { calls, failures }]) => calls + failures > 0)
    .map(([name, { calls, failures, time, volume, throughput, latency }]) => [
      name,
      formatCount(calls),
      formatCount(failures),
      volume > 0 ? formatBytes(volume) : "-",
      formatSeconds(time),
      volume > 0 ? formatRate(throughput, 1) : "-",
      formatSeconds(latency.p50 / 1000),
      formatSeconds(latency.p99 / 1000),
    ]);
  const table = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  return table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
}
