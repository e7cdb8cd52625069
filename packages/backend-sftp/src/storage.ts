import {
  forEachConcurrently,
  StoreError,
  throwIfAborted,
  type Syncer,
  type CallSignal,
} from "@borgstore/core";
import { posix } from "node:path";
import { classify, isFailure, isMissing, statusOf } from "./classify.ts";
import { directoryAbove, follow, look, makeDirectories, raceAttempts } from "./directories.ts";
import { status } from "./protocol/packet-types.ts";
import { readEntries } from "./read-entries.ts";
import type { Session } from "./session.ts";
import type { Tree } from "./tree.ts";

/** Removals in flight at a time. */
const removedAtOnce = 64;

/**
 * Makes the directory of a storage, with those above it.
 *
 * @param syncer makes durable that it and those above it are there; `undefined`: nothing is synced
 * @throws StoreError `BACKEND_EXISTS` when anything is in it; `NOT_A_DIRECTORY` when it, or what is above it, is a file
 */
export async function createStorage(
  session: Session,
  tree: Tree,
  syncer: Pick<Syncer, "syncDirectory"> | undefined,
): Promise<void> {
  const wanted = tree.baseWithAncestors();
  const made: string[] = [];
  // One that is there mostly: then nothing above it is asked for.
  if ((await follow(session, tree.base)) === undefined)
    await makeDirectories(session, wanted, (path) => made.push(path));
  const found = await follow(session, tree.base);
  if (found !== undefined && found.kind !== "directory" && found.kind !== "unknown") {
    throw new StoreError("NOT_A_DIRECTORY", { detail: `${tree.base} is a file` });
  }
  if (found === undefined) throw await problemOfMaking(session, tree, wanted);
  if ((await readEntries(session, tree.base, undefined)).length > 0) throw new StoreError("BACKEND_EXISTS");
  for (const path of made) await syncer?.syncDirectory(directoryAbove(path));
}

/** Why the directory is not there although it was to be made: the server is asked again, for its reason. */
async function problemOfMaking(session: Session, tree: Tree, wanted: readonly string[]): Promise<StoreError> {
  for (const directory of wanted) {
    const found = await follow(session, directory);
    if (found?.kind === "directory") continue;
    if (found !== undefined) {
      return new StoreError("NOT_A_DIRECTORY", { detail: `${directory} is not a directory` });
    }
    try {
      await session.client.mkdir(directory);
    } catch (error) {
      return classify(error);
    }
  }
  return new StoreError("UNAVAILABLE", { detail: `${tree.base} was removed while it was made` });
}

/**
 * Checks that there is a storage to open, in two round trips.
 *
 * @throws StoreError `BACKEND_NOT_FOUND` when it is missing or no directory; `UNSUPPORTED` when a namespace in it is
 *   a link and that is not allowed.
 */
export async function checkStorage(session: Session, tree: Tree, allowLinks: boolean): Promise<void> {
  const found = await follow(session, tree.base);
  if (found === undefined) throw new StoreError("BACKEND_NOT_FOUND", { detail: tree.base });
  if (found.kind !== "directory" && found.kind !== "unknown") {
    throw new StoreError("BACKEND_NOT_FOUND", { detail: `${tree.base} is not a directory` });
  }
  if (allowLinks) return;
  for (const { name, kind } of await readEntries(session, tree.base, undefined)) {
    if (kind !== "link") continue;
    const target = await follow(session, tree.inside(tree.base, name));
    if (target?.kind === "directory") {
      throw new StoreError("UNSUPPORTED", {
        key: name,
        detail: "a link to a directory leads out of the store; allowLinkedNamespaces accepts it",
      });
    }
  }
}

/**
 * Removes the directory of a storage with everything in it. Refuses, before anything is removed, what could not be
 * removed in the end.
 *
 * @throws StoreError `BACKEND_NOT_FOUND`; `NOT_A_DIRECTORY` when it is a file; `UNSUPPORTED` when it is a link, or the
 *   root; whatever the first file or directory that stays was refused with.
 */
export async function destroyStorage(
  session: Session,
  tree: Tree,
  signal: CallSignal | undefined,
): Promise<void> {
  const found = await look(session, tree.base);
  if (found === undefined) throw new StoreError("BACKEND_NOT_FOUND");
  if (found.kind === "link") {
    throw new StoreError("UNSUPPORTED", {
      detail: `${tree.base} is a symbolic link; destroy the storage by the path of the directory itself`,
    });
  }
  if (found.kind !== "directory") {
    throw new StoreError("NOT_A_DIRECTORY", { detail: `${tree.base} is not a directory` });
  }
  if (/^(?:\/|\.|\.\.(?:\/\.\.)*)\/?$/.test(posix.normalize(tree.base))) {
    throw new StoreError("UNSUPPORTED", {
      detail: "a root, or the login directory itself, is never destroyed",
    });
  }
  await removeTree(session, tree.base, signal);
}

/** Removes a directory with all that is in it, whoever made it; links are removed, not followed. */
async function removeTree(session: Session, path: string, signal: CallSignal | undefined): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const directories: string[] = [];
    const entries = await readEntries(session, path, signal);
    const inFiles = await forEachConcurrently(entries, removedAtOnce, async ({ name, kind }) => {
      throwIfAborted(signal);
      const inner = `${path}/${name}`;
      if (kind === "directory") directories.push(inner);
      else await unlessGone(() => session.client.remove(inner));
    });
    // A few at a time: side by side, the numbers of entries under way multiply with the depth.
    const inDirectories = await forEachConcurrently(directories, 4, (directory) =>
      unlessGone(() => removeTree(session, directory, signal)),
    );
    const failure = inFiles ?? inDirectories;
    if (failure !== undefined) throw failure.error;
    try {
      await unlessGone(() => session.client.rmdir(path));
      return;
    } catch (error) {
      // Somebody is still storing.
      const isFilled = isFailure(error) || statusOf(error) === status.dirNotEmpty;
      if (!isFilled || attempt >= raceAttempts || (await readEntries(session, path, signal)).length === 0) {
        throw error;
      }
    }
  }
}

async function unlessGone(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
