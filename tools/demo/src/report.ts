import { errorCodes, type StoreStats } from "@borgstore/core";
import type { BackupFigures } from "./backup.ts";
import type { ChangeLevelResult } from "./change-level.ts";
import type { CompareResult } from "./compare-trees.ts";
import { formatBytes, formatCount, formatRate, formatSeconds, plural } from "./format.ts";
import { showPath } from "./path-text.ts";
import type { RestoreResult } from "./restore.ts";
import { statsTable } from "./stats-table.ts";
import type { Skipped } from "./walk-directory.ts";

/** All figures of a run; `--json` prints it. */
export interface DemoReport {
  /** Without user, password and keys. */
  readonly url: string;
  readonly directory: string;
  /** What earlier runs had left in the store. */
  readonly found: { readonly chunks: number; readonly snapshots: number };
  readonly backup: BackupFigures;
  readonly skipped: readonly Skipped[];
  /** Name of the snapshot. */
  readonly snapshot: string;
  readonly restored: RestoreResult;
  readonly compared: CompareResult;
  readonly changeLevel: ChangeLevelResult;
  /** The store's own statistics. */
  readonly operations: StoreStats["operations"];
  readonly destroyed: boolean;
}

/** A line of the report. */
export type Say = (line: string) => void;

const shownPaths = 5;

/** Says how many there are of something, and the first few of them; nothing when there are none. */
export function sayPaths(say: Say, what: string, paths: readonly (string | Skipped)[]): void {
  if (paths.length === 0) return;
  say(`   ${what}: ${formatCount(paths.length)}`);
  for (const path of paths.slice(0, shownPaths)) {
    say(`     ${typeof path === "string" ? showPath(path) : `${showPath(path.path)} (${path.reason})`}`);
  }
  if (paths.length > shownPaths) say(`     and ${formatCount(paths.length - shownPaths)} more`);
}

/** Says how a comparison came out. */
export function sayCompared(say: Say, compared: CompareResult): void {
  const { equal, equalFiles, bytes, seconds, differences } = compared;
  say(
    `   compared in ${formatSeconds(seconds)}: ${plural(equalFiles, "file")} of ${formatBytes(bytes)} the same byte for ` +
      `byte, ${plural(equal, "entry")} with their permissions and links`,
  );
  if (differences.length > 0) {
    say(`   DIFFERENT although the source was not touched: ${formatCount(differences.length)}`);
    for (const difference of differences.slice(0, shownPaths)) say(`     ${difference}`);
  }
  sayPaths(say, "changed in the source after the snapshot", compared.changed);
  sayPaths(say, "vanished from the source after the snapshot", compared.vanished);
  sayPaths(say, "appeared in the source after the snapshot", compared.appeared);
}

/** Says the totals and the table of operations. */
export function saySummary(say: Say, report: Omit<DemoReport, "destroyed">): void {
  const { backup, restored, compared, operations, changeLevel } = report;
  const ratio = backup.differentBytes > 0 ? (backup.bytes / backup.differentBytes).toFixed(2) : "-";
  for (const line of statsTable(operations)) say(`   ${line}`);
  say("   the same of the second store, which moved and read at the same time:");
  for (const line of statsTable(changeLevel.operations)) say(`   ${line}`);
  say(
    `   total: ${plural(backup.files, "file")}, ${plural(backup.directories, "directory")}, ` +
      `${plural(backup.links, "link")}, ${formatBytes(backup.bytes)}`,
  );
  say(
    `   deduplication: ${plural(backup.chunks, "chunk")} in files, ${formatCount(backup.differentChunks)} different ones ` +
      `(${formatBytes(backup.differentBytes)}), ratio ${ratio}`,
  );
  say(
    `   throughput: backup ${formatRate(backup.bytes, backup.seconds)}, ` +
      `restore ${formatRate(restored.bytes, restored.seconds)}, ` +
      `compare ${formatRate(compared.bytes, compared.seconds)}`,
  );
}

/**
 * The exit code of a run that came to its end: that of `INTEGRITY` when something came back damaged, that of
 * `PERMISSION_DENIED` when files could not be read for want of permission, 1 when for other reasons, else 0.
 */
export function exitCodeOf({ compared, restored, skipped }: DemoReport): number {
  if (compared.differences.length > 0 || restored.incomplete.length > 0) return errorCodes.INTEGRITY.exitCode;
  const errnos = skipped.flatMap(({ errno }) => errno ?? []);
  if (errnos.length === 0) return 0;
  const denied = errnos.every((errno) => errno === "EACCES" || errno === "EPERM");
  return denied ? errorCodes.PERMISSION_DENIED.exitCode : errorCodes.UNEXPECTED.exitCode;
}
