import { StoreError, throwIfAborted, type ByteSource } from "@borgstore/core";
import { isDenied, isFailure, isMissing } from "./classify.ts";
import { directoriesAbove, makeDirectories, problemAbove, raceAttempts } from "./directories.ts";
import { Pipeline } from "./pipeline.ts";
import type { Handle } from "./protocol/answers.ts";
import { openFlag } from "./protocol/packet-types.ts";
import { mayReplace, mustLook, publish, type Publishing } from "./publish.ts";
import type { Session } from "./session.ts";
import { sendPiece, sendPieces } from "./streams.ts";

/** What a value is stored from: bytes, or pieces that come one after the other. */
export type StoreSource = { readonly value: Uint8Array } | { readonly pieces: ByteSource };

/** How to store. */
export interface Storing extends Publishing {
  readonly source: StoreSource;
  /** Whether the file is synced before it gets its name. */
  readonly durably: boolean;
  /** Makes names of temporary files. */
  readonly newTempName: () => string;
  /** Told the path of each directory that was made. */
  readonly onMade: (path: string) => void;
  /** Says what became of a failure, as long as what was written is still there. */
  readonly explain: (error: unknown, byteCount: number) => Promise<unknown>;
}

/**
 * Stores a value in three round trips: a temporary file is opened; it is written and closed, all in flight together;
 * it gets its name. A fourth one makes missing directories. What fails leaves nothing behind, unless the connection is
 * lost: then a listing finds it one day.
 */
export async function storeFile(session: Session, how: Storing): Promise<void> {
  const { signal } = how;
  const slots = "value" in how.source ? session.handles.short : session.handles.writing;
  if (!slots.tryAcquire()) await slots.acquire(signal);
  let temp: string | undefined;
  try {
    try {
      const opened = await openTemp(session, how);
      temp = opened.temp;
      await fill(session, opened.handle, how);
    } finally {
      slots.release();
    }
    // The value is the caller's again after an abort, and nothing may be seen then that was not asked for any more.
    throwIfAborted(signal);
    await publish(session, temp, how);
  } catch (error) {
    const byteCount = "value" in how.source ? how.source.value.byteLength : 0;
    try {
      throw signal?.aborted === true ? error : await how.explain(error, byteCount);
    } finally {
      if (temp !== undefined) await discard(session, temp);
    }
  }
}

/** Removes a temporary file. That it may fail to must not hide what went wrong before. */
async function discard(session: Session, temp: string): Promise<void> {
  try {
    await session.client.remove(temp);
  } catch {
    // It is gone with its directory, or stays until a listing comes across it.
  }
}

/**
 * Opens a temporary file beside the path, whose missing directories are made. Where it decides something, what has the
 * name already is asked for in the same round trip.
 */
async function openTemp(
  session: Session,
  how: Storing,
): Promise<{ readonly temp: string; readonly handle: Handle }> {
  const { tree, path } = how;
  const directory = tree.parentOf(path);
  const flags = openFlag.write | openFlag.create | openFlag.exclusive;
  for (let attempt = 1; ; attempt++) {
    const temp = tree.inside(directory, how.newTempName());
    const making =
      attempt === 1 ? undefined : makeDirectories(session, directoriesAbove(tree, path), how.onMade);
    const looking = mustLook(how) ? session.client.lstat(path) : undefined;
    const [made, found, opened] = await Promise.allSettled([
      making,
      looking,
      session.client.open(temp, flags),
    ]);
    // Without an answer it may still be made: it is removed behind that, if the connection lasts.
    if (opened.status === "rejected" && StoreError.is(opened.reason)) void discard(session, temp);
    try {
      if (made.status === "rejected") throw made.reason;
      // A server that is read-only does not announce how to replace either, and that is not what is wrong.
      if (opened.status === "rejected" && isDenied(opened.reason)) throw opened.reason;
      if (found.status === "fulfilled" && found.value !== undefined) mayReplace(how, found.value);
      if (found.status === "rejected" && !isMissing(found.reason)) throw found.reason;
      if (opened.status === "fulfilled") return { temp, handle: opened.value };
    } catch (error) {
      if (opened.status === "fulfilled") {
        // In this order at the server; the answers are for nobody.
        await Promise.allSettled([session.client.close(opened.value), session.client.remove(temp)]);
      }
      throw error;
    }
    // Some servers say "failure" where an object is in the way of a directory.
    if (!isMissing(opened.reason) && !isFailure(opened.reason)) throw opened.reason;
    if (attempt === 1 && isMissing(opened.reason)) continue;
    const problem = await problemAbove(session, tree, path);
    if (problem !== undefined) throw problem;
    if (!isMissing(opened.reason)) throw opened.reason;
    if (attempt >= raceAttempts) {
      throw new StoreError("UNAVAILABLE", {
        detail: "its directory was removed again and again",
        cause: opened.reason,
      });
    }
    throwIfAborted(how.signal);
  }
}

/** Writes, syncs and closes, all in flight together. Closed it is in any case. */
async function fill(session: Session, handle: Handle, { source, signal, durably }: Storing): Promise<void> {
  const pipeline = new Pipeline(session, signal);
  try {
    if ("value" in source) {
      const sending = sendPiece(session, pipeline, handle, 0, source.value, true);
      if (sending !== undefined) await sending;
    } else {
      await sendPieces(session, pipeline, handle, source.pieces);
    }
    if (durably) pipeline.add(0, session.client.fsync(handle));
  } finally {
    pipeline.add(0, session.client.close(handle));
    await pipeline.finish();
  }
}
