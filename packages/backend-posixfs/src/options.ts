import {
  longestTimerMs,
  mustBeBoolean,
  mustBeInteger,
  mustBeKnown,
  mustBeOneOf,
  type DurabilityOption,
  type PermissionMapping,
} from "@borgstore/core";
import type { IoOption } from "./io-mode.ts";

/** Options of the posixfs backend, all of them optional. */
export interface PosixfsOptions {
  /** @default "sync" */
  readonly durability?: DurabilityOption | undefined;
  /** @default "auto" */
  readonly io?: IoOption | undefined;
  /**
   * What is allowed, by name: letters of `lrwWD` for the name itself or the nearest directory above it, `""` being
   * the root. Absent or empty: everything.
   */
  readonly permissions?: PermissionMapping | undefined;
  /**
   * Limit in bytes for the sum of the sizes of all files in the storage, an integer ≥ 0. What would exceed it is
   * refused with `QUOTA_EXCEEDED`; what makes the sum smaller is always allowed. `open` counts all files when nobody
   * has counted before.
   *
   * @default no limit, and nothing is counted
   */
  readonly quota?: number | undefined;
  /**
   * Accept symbolic links to directories directly in the storage's directory. Data is then written where they
   * lead. Links further down are never looked for, and the last component of a name is never followed.
   *
   * @default false
   */
  readonly allowLinkedNamespaces?: boolean | undefined;
  /**
   * Age in ms from which a temporary file counts as left behind by a crash, and is removed after `open`.
   *
   * @default 86400000 (24 hours)
   */
  readonly staleTempAgeMs?: number | undefined;
  /**
   * How many operations at most use the thread pool at the same time, from 1.
   *
   * @default 16
   */
  readonly concurrency?: number | undefined;
  /**
   * How long in ms one call on the thread pool may take before its operation is given up with `TIMEOUT`; from 1.
   * Synchronous calls have no deadline.
   *
   * @default 60000
   */
  readonly deadlineMs?: number | undefined;
}

/** {@link PosixfsOptions} with defaults filled in and checked; permissions are a layer above the driver. */
export interface PosixfsSettings {
  readonly durability: DurabilityOption;
  readonly io: IoOption;
  readonly quota: number | undefined;
  readonly allowLinkedNamespaces: boolean;
  readonly staleTempAgeMs: number;
  readonly concurrency: number;
  readonly deadlineMs: number;
}

const knownOptions = new Set([
  "durability",
  "io",
  "permissions",
  "quota",
  "allowLinkedNamespaces",
  "staleTempAgeMs",
  "concurrency",
  "deadlineMs",
]);

/**
 * Fills in the defaults.
 *
 * @throws StoreError `INVALID_ARGUMENT` for values out of range, and for an option that does not exist.
 */
export function checkOptions(options: PosixfsOptions): PosixfsSettings {
  mustBeKnown(options, knownOptions);
  const settings: PosixfsSettings = {
    durability: options.durability ?? "sync",
    io: options.io ?? "auto",
    quota: options.quota,
    allowLinkedNamespaces: options.allowLinkedNamespaces ?? false,
    staleTempAgeMs: options.staleTempAgeMs ?? 24 * 60 * 60 * 1000,
    concurrency: options.concurrency ?? 16,
    deadlineMs: options.deadlineMs ?? 60_000,
  };
  mustBeOneOf("durability", settings.durability, ["sync", "each", "none"]);
  mustBeOneOf("io", settings.io, ["auto", "sync", "pool"]);
  mustBeInteger("quota", settings.quota, 0, Number.MAX_SAFE_INTEGER);
  mustBeBoolean("allowLinkedNamespaces", settings.allowLinkedNamespaces);
  mustBeInteger("staleTempAgeMs", settings.staleTempAgeMs, 0, Number.MAX_SAFE_INTEGER);
  mustBeInteger("concurrency", settings.concurrency, 1, 1024);
  mustBeInteger("deadlineMs", settings.deadlineMs, 1, longestTimerMs);
  return settings;
}
