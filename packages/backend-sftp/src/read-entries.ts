import type { ItemInfo, CallSignal } from "@borgstore/core";
import { isMissing } from "./classify.ts";
import { withHandle } from "./open-files.ts";
import type { DirectoryEntry, Handle } from "./protocol/answers.ts";
import type { Attributes } from "./protocol/attributes.ts";
import type { Session } from "./session.ts";

/** Requests in flight for one directory: mostly everything comes with the first, and the second tells that. */
const firstAsked = 2;
const mostAsked = 8;

/**
 * Reads a directory whole, in no order, with what the server tells of the entries; `.` and `..` are left out. Two round
 * trips when it is small.
 */
export async function readEntries(
  session: Session,
  path: string,
  signal: CallSignal | undefined,
): Promise<DirectoryEntry[]> {
  return await withHandle(session, signal, async (close) => {
    const handle = await session.client.opendir(path);
    try {
      const entries = await readAll(session, handle);
      await askKinds(session, path, entries);
      return entries;
    } finally {
      close(handle);
    }
  });
}

async function readAll(session: Session, handle: Handle): Promise<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  const asked: Promise<DirectoryEntry[] | undefined>[] = [];
  const ask = (): void => {
    const answer = session.client.readdir(handle);
    // It may fail before its turn comes.
    answer.catch(() => undefined);
    asked.push(answer);
  };
  for (let count = 0; count < firstAsked; count++) ask();
  for (let answer = asked.shift(); answer !== undefined; answer = asked.shift()) {
    const found = await answer;
    // What was asked after the end says "end" as well, and needs no waiting for.
    if (found === undefined) break;
    for (const entry of found) if (entry.name !== "." && entry.name !== "..") entries.push(entry);
    // A large one: more at a time.
    ask();
    if (asked.length < mostAsked) ask();
  }
  return entries;
}

/** Asks what those are of which the server did not tell. What is gone meanwhile stays unknown. */
async function askKinds(session: Session, path: string, entries: DirectoryEntry[]): Promise<void> {
  const asking = entries.map(async (entry, at) => {
    if (entry.kind !== "unknown") return;
    try {
      entries[at] = { ...(await session.client.lstat(`${path}/${entry.name}`)), name: entry.name };
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  });
  await Promise.all(asking);
}

/** What the attributes say about the object or directory of this name. */
export function describe(name: string, attributes: Attributes): ItemInfo {
  const isDirectory = attributes.kind === "directory";
  const { accessedAt, modifiedAt } = attributes;
  return {
    name,
    exists: true,
    size: isDirectory ? 0 : (attributes.size ?? -1),
    isDirectory,
    ...(accessedAt === undefined ? {} : { accessedAtMs: accessedAt * 1000 }),
    ...(modifiedAt === undefined ? {} : { modifiedAtMs: modifiedAt * 1000 }),
  };
}
