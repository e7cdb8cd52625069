import { ContentInDoubt, StoreError, type Syncer } from "@borgstore/core";
import type { Abilities } from "./abilities.ts";
import { classify, isFailure, isMissing } from "./classify.ts";
import { withHandle } from "./open-files.ts";
import type { Handle } from "./protocol/answers.ts";
import { openFlag } from "./protocol/packet-types.ts";
import type { Session } from "./session.ts";
import type { Tree } from "./tree.ts";

/** Runs work with a connection. */
export type WithSession = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/** Syncs files and directories on the server, by `fsync@openssh.com`, in two round trips each. */
export function makeSyncer(tree: Tree, abilities: Abilities, withSession: WithSession): Syncer {
  return {
    syncFile: (path) => withSession((session) => syncFile(session, path)),
    syncDirectory: (path) => withSession((session) => syncDirectory(session, path, abilities)),
    ancestorsOf: (path) => tree.ancestorsOf(path),
    parentOf: (path) => tree.parentOf(path),
    classify: (error) => classify(error),
  };
}

async function syncFile(session: Session, path: string): Promise<boolean> {
  return await withHandle(session, undefined, async (close) => {
    let handle: Handle;
    try {
      handle = await session.client.open(path, openFlag.read);
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    try {
      const syncing = session.client.fsync(handle);
      close(handle);
      await syncing;
      return true;
    } catch (error) {
      // Without an answer nothing is known, and syncing again is fine.
      throw StoreError.is(error) ? error : new ContentInDoubt(error);
    }
  });
}

/**
 * As well as it can be done: where a directory cannot be opened or synced, nothing can be done. A "failure" says nothing,
 * and counts as one as soon as syncing a directory has worked on this server.
 */
async function syncDirectory(session: Session, path: string, abilities: Abilities): Promise<boolean> {
  return await withHandle(session, undefined, async (close) => {
    let handle: Handle;
    try {
      handle = await session.client.open(path, openFlag.read);
    } catch (error) {
      if (isMissing(error)) return false;
      if (StoreError.is(error)) throw error;
      return true;
    }
    try {
      const syncing = session.client.fsync(handle);
      close(handle);
      await syncing;
      abilities.syncsDirectories = true;
    } catch (error) {
      if (StoreError.is(error) || (isFailure(error) && abilities.syncsDirectories)) throw error;
    }
    return true;
  });
}
