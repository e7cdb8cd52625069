import { realSignal, StoreError, throwIfAborted } from "@borgstore/core";
import { isFailure, isMissing } from "./classify.ts";
import { directoriesAbove, look, makeDirectories, problemAbove, raceAttempts } from "./directories.ts";
import { loadFile } from "./load-file.ts";
import type { Attributes } from "./protocol/attributes.ts";
import { mayReplace, mustLook, publish, type Publishing } from "./publish.ts";
import type { Session } from "./session.ts";

/** How to move; `path` is the new one. */
export interface Moving extends Publishing {
  readonly oldPath: string;
  /** Told the path of each directory that was made. */
  readonly onMade: (path: string) => void;
}

/**
 * Moves a file in two round trips: what has the names is looked at, because renaming would take a directory too; then
 * it is renamed. Missing directories are made, but only when the source is there.
 *
 * @returns `false` when there is no such file
 */
export async function moveFile(session: Session, how: Moving): Promise<boolean> {
  const { oldPath, path, tree } = how;
  for (let attempt = 1; ; attempt++) {
    const [source, target] = await Promise.all([
      look(session, oldPath),
      mustLook(how) ? look(session, path) : undefined,
    ]);
    if (source?.kind === "directory") throw new StoreError("IS_DIRECTORY");
    if (source === undefined || source.kind === "link" || source.kind === "other") return false;
    if (target !== undefined) mayReplace(how, target);
    const making =
      attempt === 1 ? Promise.resolve() : makeDirectories(session, directoriesAbove(tree, path), how.onMade);
    try {
      throwIfAborted(how.signal);
      const [, wasMoved] = await Promise.all([
        making,
        how.ifAbsent ? linkAndRemove(session, how) : rename(session, how, source),
      ]);
      return wasMoved;
    } catch (error) {
      await making;
      // The source is gone, which the next round tells, or a directory above the new name is missing.
      if (!isMissing(error) && !isFailure(error)) throw error;
      if (attempt === 1 && isMissing(error)) continue;
      const problem = await problemAbove(session, tree, path);
      if (problem !== undefined) throw problem;
      if (!isMissing(error)) throw error;
      if (attempt >= raceAttempts) {
        throw new StoreError("UNAVAILABLE", {
          detail: "its directory was removed again and again",
          cause: error,
        });
      }
    }
  }
}

async function linkAndRemove(session: Session, { oldPath, path }: Moving): Promise<boolean> {
  const { client } = session;
  await client.hardlink(oldPath, path);
  try {
    await client.remove(oldPath);
    return true;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  // Another move took the source between the two steps: there must not be two objects of one.
  await client.remove(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  return false;
}

async function rename(session: Session, how: Moving, source: Attributes): Promise<boolean> {
  if (!how.abilities.posixRename) {
    await publish(session, how.oldPath, how);
    return true;
  }
  // In flight together with a look at the old name, which mostly is gone.
  const [renamed, left] = await Promise.allSettled([
    publish(session, how.oldPath, how),
    session.client.lstat(how.oldPath),
  ]);
  if (renamed.status === "rejected") throw renamed.reason;
  if (left.status === "rejected" && StoreError.is(left.reason)) throw left.reason;
  if (left.status === "fulfilled" && isSame(left.value, source))
    await removeSameFile(session, how, left.value);
  return true;
}

function isSame(one: Attributes, other: Attributes): boolean {
  return one.kind === other.kind && one.size === other.size && one.modifiedAt === other.modifiedAt;
}

/**
 * Finishes a rename onto another name of the same file, which by POSIX does nothing. There are two names when a move
 * with `ifAbsent` was cut off half way. The protocol does not tell what is one file: equal content is removed only.
 */
async function removeSameFile(
  session: Session,
  { oldPath, path, signal }: Moving,
  left: Attributes,
): Promise<void> {
  const [old, other] = await Promise.all([
    loadFile(session, oldPath, { signal: realSignal(signal) }),
    loadFile(session, path, { signal: realSignal(signal) }),
  ]);
  if (Buffer.compare(old, other) !== 0) return;
  // Somebody may have stored there meanwhile.
  const now = await look(session, oldPath);
  if (now === undefined || !isSame(now, left)) return;
  await session.client.remove(oldPath).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}
