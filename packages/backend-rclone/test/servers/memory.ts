import { randomUUID } from "node:crypto";
import { newDirectory, removeDirectory } from "./new-directory.ts";
import { writeRcloneConf } from "./rclone-conf.ts";
import type { RemotePlace } from "./remote-place.ts";

async function noLook(): Promise<never> {
  throw await Promise.resolve(new Error("a memory remote cannot be looked into from outside"));
}

/**
 * A memory remote, in a bucket that no other place has. What it holds lives in the process of rclone: users of one
 * process share it, and it is gone when that process ends or is started anew. Nobody else can look into it.
 *
 * rclone 1.60 hangs for ever when it removes a directory of about a hundred objects from it.
 */
export async function startMemory(): Promise<RemotePlace> {
  const workDirectory = newDirectory();
  const configFile = writeRcloneConf(workDirectory, "testmemory", { type: "memory" });
  const bucket = `bucket-${randomUUID()}`;
  return await Promise.resolve({
    options: (path: string) => ({ remote: `testmemory:${bucket}/${path}`, configFile }),
    canLookInside: false,
    plant: noLook,
    names: noLook,
    stop: async () => {
      removeDirectory(workDirectory);
      await Promise.resolve();
    },
  });
}
