/** What `quota.hid` says. */
export interface QuotaRecord {
  /** Bytes in use, with what the open sessions have reserved ahead. */
  readonly usage: number;
  /** Entries of the sessions that are open, or were never closed. */
  readonly sessions: readonly string[];
  /** Whether the count may be too high, so that the next session that is alone must count anew. */
  readonly isDoubtful: boolean;
}

/** Name of the file in the storage's directory. */
export const quotaFileName = "quota.hid";

const doubtfulMark = "!";

// As Python's int() takes it, which is how the reference reads the file; but nothing below zero.
const plain = /^\s*\+?(\d+(?:_\d+)*)\s*$/;
const withSessions = /^(\d+)((?: [!-~]+)+)$/;

/**
 * The file's content: decimal digits alone when no session is open, as in the reference. While sessions are open, and
 * after a crash, their entries follow, separated by blanks; the reference cannot read that as a number and counts
 * anew, which is right.
 */
export function formatRecord({ usage, sessions, isDoubtful }: QuotaRecord): string {
  return [String(usage), ...sessions, ...(isDoubtful ? [doubtfulMark] : [])].join(" ");
}

/** Reads what {@link formatRecord} or the reference wrote; `undefined` for anything else. */
export function parseRecord(text: string): QuotaRecord | undefined {
  const number = plain.exec(text)?.[1]?.replaceAll("_", "");
  if (number !== undefined) return recordOf(number, []);
  const parts = withSessions.exec(text);
  return parts === null ? undefined : recordOf(parts[1] ?? "", (parts[2] ?? "").slice(1).split(" "));
}

function recordOf(digits: string, entries: readonly string[]): QuotaRecord | undefined {
  const usage = Number(digits);
  if (!Number.isSafeInteger(usage)) return undefined;
  const sessions = entries.filter((entry) => entry !== doubtfulMark);
  return { usage, sessions, isDoubtful: sessions.length < entries.length };
}
