import { ownerState } from "./process-token.ts";
import type { QuotaRecord } from "./quota-record.ts";

// A machine that is switched off for the night must not lose its sessions' entries by noon.
const foreignLifetimeMs = 24 * 60 * 60 * 1000;

/** How old in ms a session lets its entry get before it writes it anew. */
export const entryRenewalMs: number = foreignLifetimeMs / 4;

/** A session's entry in the quota file: its token, and when it was written. */
export function formatEntry(token: string, nowMs: number): string {
  return `${token}-${Math.floor(nowMs / 1000).toString(36)}`;
}

/** Whether an entry is that of the session with this token. */
export function isEntryOf(entry: string, token: string): boolean {
  return entry.startsWith(`${token}-`);
}

/**
 * Whether the session of an entry may still be open. Processes of this machine can be asked; what runs elsewhere, or
 * in another container, counts as open for 24 hours after its entry was written, which open sessions do every 6.
 */
export function isLive(entry: string, nowMs: number): boolean {
  const state = ownerState(entry);
  if (state !== "unknown") return state === "alive";
  const writtenMs = Number.parseInt(entry.slice(entry.lastIndexOf("-") + 1), 36) * 1000;
  return Math.abs(nowMs - writtenMs) < foreignLifetimeMs;
}

/** Entries of sessions that may be open. */
export function liveEntries(record: QuotaRecord | undefined): readonly string[] {
  const nowMs = Date.now();
  return record?.sessions.filter((entry) => isLive(entry, nowMs)) ?? [];
}

/** Whether a record's count may be too high because of sessions that were never closed. */
export function isStained(record: QuotaRecord, live: readonly string[]): boolean {
  return record.isDoubtful || live.length < record.sessions.length;
}
