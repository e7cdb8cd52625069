import { callForEach } from "../subjects/async-subject.ts";

const directoriesAtOnce = 16;

/** What a listing of a directory must tell. */
export interface RemoteEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** Counts the files of a tree, level by level, several directories at a time; for clients that list only one. */
export async function walkRemote(
  root: string,
  list: (path: string) => Promise<readonly RemoteEntry[]>,
): Promise<number> {
  let count = 0;
  let level: string[] = [root];
  while (level.length > 0) {
    const below: string[] = [];
    const listOne = async (path: string): Promise<void> => {
      for (const { name, isDirectory } of await list(path)) {
        if (isDirectory) below.push(`${path}/${name}`);
        else count++;
      }
    };
    await callForEach(level, Math.min(directoriesAtOnce, level.length), listOne, () => undefined);
    level = below;
  }
  return count;
}
