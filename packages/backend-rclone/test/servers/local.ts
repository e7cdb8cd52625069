import { join } from "node:path";
import { insideDirectory } from "./inside-directory.ts";
import { newDirectory, removeDirectory } from "./new-directory.ts";
import { writeRcloneConf } from "./rclone-conf.ts";
import type { RemotePlace } from "./remote-place.ts";

/** A local directory, by its path, with a configuration that is empty. */
export async function startLocal(): Promise<RemotePlace> {
  const workDirectory = newDirectory();
  const directory = newDirectory();
  const configFile = writeRcloneConf(workDirectory);
  return await Promise.resolve({
    ...insideDirectory(directory),
    options: (path: string) => ({ remote: join(directory, path), configFile }),
    stop: async () => {
      for (const each of [directory, workDirectory]) removeDirectory(each);
      await Promise.resolve();
    },
  });
}
