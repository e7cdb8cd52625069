import { StoreError } from "@borgstore/core";
import { isMissing } from "./classify.ts";
import type { Attributes } from "./protocol/attributes.ts";
import type { Session } from "./session.ts";
import type { Tree } from "./tree.ts";

/** Attempts at something that another client keeps undoing, as a directory that is removed while it is empty. */
export const raceAttempts = 16;

/**
 * Sends the requests that make the directories above a path, all in flight together: the topmost first, and those that
 * are there fail. Not the storage's own directory: when that is gone, so is the storage (or its disk), and making it
 * anew would hide that.
 *
 * @param onMade told the path of each directory that was made
 * @returns resolves when all are answered; fails only when the connection does
 */
export async function makeDirectories(
  session: Session,
  directories: readonly string[],
  onMade: (path: string) => void,
): Promise<void> {
  const asking = directories.map(async (directory) => {
    try {
      await session.client.mkdir(directory);
      onMade(directory);
    } catch (error) {
      // What is in the way is found by whoever needs the directory.
      if (StoreError.is(error)) throw error;
    }
  });
  await Promise.all(asking);
}

/** The directories above a path below the storage's own, the topmost first. */
export function directoriesAbove(tree: Tree, path: string): string[] {
  return tree.ancestorsOf(path).slice(0, -1).toReversed();
}

/** What has a name; `undefined` for nothing, also below a file. */
export async function look(session: Session, path: string): Promise<Attributes | undefined> {
  try {
    return await session.client.lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Says why nothing can be stored at a path although its directories were made.
 *
 * @returns `undefined` when nothing is wrong with them: somebody else removed them meanwhile
 */
export async function problemAbove(
  session: Session,
  tree: Tree,
  path: string,
): Promise<StoreError | undefined> {
  const above = tree.ancestorsOf(path);
  const found = await Promise.all(
    above.map(async (directory) => ({
      directory,
      attributes: await (directory === tree.base ? follow(session, directory) : look(session, directory)),
    })),
  );
  for (const { directory, attributes } of found.toReversed()) {
    if (directory === tree.base && attributes?.kind !== "directory" && attributes?.kind !== "unknown") {
      return new StoreError("BACKEND_NOT_FOUND", { detail: `${tree.base} is gone` });
    }
    if (attributes?.kind === "file" || attributes?.kind === "other") {
      return new StoreError("NOT_A_DIRECTORY", { detail: "an object is where a directory should be" });
    }
  }
  return undefined;
}

/** What a name leads to; `undefined` for nothing. */
export async function follow(session: Session, path: string): Promise<Attributes | undefined> {
  try {
    return await session.client.stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Makes a directory with those above it, in one round trip.
 *
 * @param mayBeLinked whether a link to a directory counts as one
 * @throws StoreError `ALREADY_EXISTS` when something else has the name; as `problemAbove` when it cannot be made.
 */
export async function makeDirectory(
  session: Session,
  tree: Tree,
  path: string,
  mayBeLinked: boolean,
  onMade: (path: string) => void,
): Promise<void> {
  const wanted = [...directoriesAbove(tree, path), path];
  for (let attempt = 1; attempt <= raceAttempts; attempt++) {
    const making = makeDirectories(session, wanted, onMade);
    const [found] = await Promise.all([look(session, path), making]);
    if (found?.kind === "directory") return;
    const isFollowed = found?.kind === "unknown" || (found?.kind === "link" && mayBeLinked);
    if (isFollowed && (await follow(session, path))?.kind === "directory") return;
    if (found !== undefined) throw new StoreError("ALREADY_EXISTS");
    const problem = await problemAbove(session, tree, path);
    if (problem !== undefined) throw problem;
    // The server's own reason, if it has one; else somebody removes it again and again.
    await session.client.mkdir(path);
    onMade(path);
  }
  throw new StoreError("UNAVAILABLE", { detail: "directories are removed as fast as they are made" });
}

/** The directory above a path on the server, which may be the one that the login leads to. */
export function directoryAbove(path: string): string {
  const at = path.lastIndexOf("/");
  if (at === -1) return ".";
  return at === 0 ? "/" : path.slice(0, at);
}
