import { writeFileSync } from "node:fs";
import type { RcloneTarget } from "../large/rclone-program.ts";
import type { Workspace } from "../measure/workspace.ts";
import { prefixOf, type S3Place } from "./s3-place.ts";

/** The remote's name in rclone, which has no file of settings: the environment alone defines it. */
const remote = "bench";

/** A prefix of its own in the bucket, as the `rclone` program gets to it. The key is in the environment only. */
export function rcloneTarget(place: S3Place, workspace: Workspace): RcloneTarget {
  const configFile = workspace.nameDirectory();
  writeFileSync(configFile, "");
  const settings = {
    TYPE: "s3",
    PROVIDER: "Ceph",
    ENDPOINT: place.endpoint,
    REGION: place.region,
    ACCESS_KEY_ID: place.accessKeyId,
    SECRET_ACCESS_KEY: place.secretAccessKey,
  };
  const variables = Object.entries(settings).map(([name, value]) => [
    `RCLONE_CONFIG_${remote.toUpperCase()}_${name}`,
    value,
  ]);
  return {
    remote: `${remote}:${place.bucket}/${prefixOf(workspace.nameDirectory())}`,
    env: { RCLONE_CONFIG: configFile, ...(Object.fromEntries(variables) as Record<string, string>) },
  };
}
