import { StoreError, type Quota } from "@borgstore/core";
import { isMissing, statusOf } from "./classify.ts";
import type { Abilities } from "./abilities.ts";
import type { FileSystemSpace } from "./protocol/sftp-client.ts";
import type { Session } from "./session.ts";
import type { Tree } from "./tree.ts";

/** What the server tells of its file system; `undefined` where it does not. */
async function spaceOf(
  session: Session,
  abilities: Abilities,
  tree: Tree,
): Promise<FileSystemSpace | undefined> {
  if (!abilities.statvfs) return undefined;
  try {
    return await session.client.statvfs(tree.base);
  } catch (error) {
    if (isMissing(error)) throw new StoreError("BACKEND_NOT_FOUND", { detail: `${tree.base} is gone` });
    if (statusOf(error) === undefined) throw error;
    abilities.statvfs = false;
    return undefined;
  }
}

/** The size of the file system as a limit, less what is kept for the administrator, and what is used of it, by all. */
export async function quotaOf(session: Session, abilities: Abilities, tree: Tree): Promise<Quota> {
  const space = await spaceOf(session, abilities, tree);
  if (space === undefined) return { limit: -1, usage: -1 };
  const usedBlocks = space.blocks - space.freeBlocks;
  return {
    limit: (usedBlocks + space.availableBlocks) * space.fragmentBytes,
    usage: usedBlocks * space.fragmentBytes,
  };
}

/** Whether a failure to write so many bytes can be explained by a full file system. */
export async function isFull(
  session: Session,
  abilities: Abilities,
  tree: Tree,
  byteCount: number,
): Promise<boolean> {
  try {
    const space = await spaceOf(session, abilities, tree);
    if (space === undefined) return false;
    const hasNoFiles = space.files > 0 && space.availableFiles === 0;
    return (
      hasNoFiles || space.availableBlocks * space.fragmentBytes < Math.max(byteCount, space.fragmentBytes)
    );
  } catch {
    // It was asked for an explanation only: the failure itself is what the caller gets.
    return false;
  }
}
