import { startRcloneWebdav } from "@borgstore/tools-peers";
import { insideDirectory } from "./inside-directory.ts";
import { newDirectory, removeDirectory } from "./new-directory.ts";
import { writeRcloneConf } from "./rclone-conf.ts";
import type { ServedPlace } from "./remote-place.ts";

/** A directory served by `rclone serve webdav`, always of the distribution's rclone. */
export async function startWebdav(): Promise<ServedPlace> {
  const workDirectory = newDirectory();
  const directory = newDirectory();
  const server = await startRcloneWebdav({ directory, workDirectory: `${workDirectory}/server` });
  const configFile = writeRcloneConf(workDirectory, "testwebdav", {
    type: "webdav",
    url: server.url,
    vendor: "other",
  });
  return {
    ...insideDirectory(directory),
    options: (path) => ({ remote: `testwebdav:${path}`, configFile }),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    stop: async () => {
      await server.stop();
      for (const each of [directory, workDirectory]) removeDirectory(each);
    },
  };
}
