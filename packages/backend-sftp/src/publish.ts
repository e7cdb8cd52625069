import { StoreError, type CallSignal } from "@borgstore/core";
import type { Abilities } from "./abilities.ts";
import { isFailure, isMissing, statusOf } from "./classify.ts";
import { look } from "./directories.ts";
import type { Attributes } from "./protocol/attributes.ts";
import { status } from "./protocol/packet-types.ts";
import type { Session } from "./session.ts";
import type { Tree } from "./tree.ts";

/** Attempts at a name that others take and free at the same time. */
const unsafeAttempts = 4;

/** How a file that is complete gets its name. */
export interface Publishing {
  readonly tree: Tree;
  readonly abilities: Abilities;
  readonly path: string;
  readonly ifAbsent: boolean;
  readonly allowUnsafeReplace: boolean;
  readonly signal: CallSignal | undefined;
}

/** Whether it must be known beforehand what has the name: the medium does not decide it, or writing can be spared. */
export function mustLook({ ifAbsent, abilities }: Publishing): boolean {
  return ifAbsent || !abilities.posixRename || !abilities.isFileSystem;
}

/** @throws StoreError when what has the name may not be replaced. */
export function mayReplace(how: Publishing, found: Attributes): void {
  if (how.ifAbsent) throw new StoreError("ALREADY_EXISTS");
  if (found.kind === "directory") throw new StoreError("IS_DIRECTORY");
  if (!how.abilities.posixRename && !how.allowUnsafeReplace) throw replaceRefused();
}

/** The error where nothing can be replaced. */
function replaceRefused(): StoreError {
  return new StoreError("UNSUPPORTED", {
    detail:
      "this server cannot replace an object in one step (it lacks posix-rename@openssh.com); delete it first, or see the option allowUnsafeReplace",
  });
}

/** Gives a file that is complete and closed its name, in one step where the server can. The old name is gone then. */
export async function publish(session: Session, file: string, how: Publishing): Promise<void> {
  if (how.ifAbsent) {
    // Removed in any case, and in flight together: what concerns one file is done in the order of the requests.
    const [linked] = await Promise.allSettled([
      session.client.hardlink(file, how.path),
      session.client.remove(file),
    ]);
    if (linked.status === "rejected") throw linked.reason;
  } else if (how.abilities.posixRename) {
    await renameOver(session, file, how);
  } else {
    await replaceUnsafely(session, file, how);
  }
}

async function renameOver(session: Session, file: string, how: Publishing): Promise<void> {
  try {
    await session.client.posixRename(file, how.path);
  } catch (error) {
    if (statusOf(error) !== status.opUnsupported) throw error;
    // Announced and refused: from now on it counts as not announced.
    how.abilities.posixRename = false;
    const found = await look(session, how.path);
    if (found !== undefined) mayReplace(how, found);
    await replaceUnsafely(session, file, how);
  }
}

/**
 * The protocol's own rename, which does not replace. What has the name is put aside first and stays there until the
 * new file has it; a crash in between leaves it as `NAME.hid`, which no listing shows.
 */
async function replaceUnsafely(session: Session, file: string, how: Publishing): Promise<void> {
  const { client } = session;
  const aside = `${how.path}.hid`;
  for (let attempt = 1; attempt <= unsafeAttempts; attempt++) {
    const found = await look(session, how.path);
    if (found !== undefined) {
      mayReplace(how, found);
      if (!(await putAside(session, how.path, aside))) continue;
    }
    try {
      await client.rename(file, how.path);
    } catch (error) {
      // Nobody has the old value otherwise. If this fails too, it stays where a person can find it.
      if (found !== undefined) await client.rename(aside, how.path).catch(() => undefined);
      // Somebody else was faster: theirs is to be replaced then.
      if (!isFailure(error) || attempt === unsafeAttempts) throw error;
      continue;
    }
    // What was there, or was left there by a crash. The new value stays, whatever comes of this.
    if (how.allowUnsafeReplace) await removeUnlessMissing(session, aside);
    return;
  }
  throw new StoreError("UNAVAILABLE", { detail: "others store under this name at the same time" });
}

/**
 * Puts away what has the name. What a crash has left there, or a store of somebody else, is the older value as long as
 * something has the name, and only then it is removed.
 *
 * @returns whether there was something
 */
async function putAside(session: Session, path: string, aside: string): Promise<boolean> {
  const { client } = session;
  try {
    await client.rename(path, aside);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    if (!isFailure(error)) throw error;
  }
  if ((await look(session, path)) === undefined) return false;
  await removeUnlessMissing(session, aside);
  await client.rename(path, aside);
  return true;
}

async function removeUnlessMissing(session: Session, path: string): Promise<void> {
  try {
    await session.client.remove(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
