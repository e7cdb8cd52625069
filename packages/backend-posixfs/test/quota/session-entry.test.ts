import { expect, test } from "vitest";
import { newProcessToken } from "../../src/quota/process-token.ts";
import { formatEntry, isEntryOf, isLive, isStained, liveEntries } from "../../src/quota/session-entry.ts";

const hourMs = 60 * 60 * 1000;
const nowMs = 1_900_000_000_000;
const own = newProcessToken();
const [pid, start = "", host = "", random] = own.split("-");
const flipped = (digits: string): string => (digits.startsWith("0") ? "1" : "0") + digits.slice(1);
const foreign = [pid, start, flipped(host), random].join("-");
const dead = ["4000000000", start, host, random].join("-");

test("an entry belongs to its token only", () => {
  expect(isEntryOf(formatEntry(own, nowMs), own)).toBe(true);
  expect(isEntryOf(formatEntry(own, nowMs), newProcessToken())).toBe(false);
});

test("sessions of this machine live as long as their processes, however old the entry is", () => {
  expect(isLive(formatEntry(own, nowMs - 1000 * hourMs), nowMs)).toBe(true);
  expect(isLive(formatEntry(dead, nowMs), nowMs)).toBe(false);
});

test("sessions of other machines live for a day after they wrote their entry", () => {
  expect(isLive(formatEntry(foreign, nowMs - 23 * hourMs), nowMs)).toBe(true);
  expect(isLive(formatEntry(foreign, nowMs - 25 * hourMs), nowMs)).toBe(false);
  expect(isLive(formatEntry(foreign, nowMs + 25 * hourMs), nowMs)).toBe(false);
  expect(isLive("somebody", nowMs)).toBe(false);
});

test("a record with a dead session, or a mark, is stained", () => {
  const living = formatEntry(own, nowMs);
  const clean = { usage: 1, sessions: [living], isDoubtful: false };
  const withDead = { usage: 1, sessions: [living, formatEntry(dead, nowMs)], isDoubtful: false };
  expect(liveEntries(undefined)).toEqual([]);
  expect(liveEntries(withDead)).toEqual([living]);
  expect(isStained(clean, liveEntries(clean))).toBe(false);
  expect(isStained(withDead, liveEntries(withDead))).toBe(true);
  expect(isStained({ ...clean, isDoubtful: true }, liveEntries(clean))).toBe(true);
});
