import { Requests } from "@borgstore/core";
import { classify } from "./classify.ts";
import type { RcloneSettings } from "./options.ts";
import { leaseRcd, type RcdLease } from "./process/shared-rcd.ts";
import { secretValues } from "./process/without-secrets.ts";
import { RcClient } from "./rc-client.ts";
import { pathOfPlace, secretsOf, type RclonePlace } from "./url.ts";

/** rclone, and how the storage's remote is called there. */
export interface Connection {
  readonly client: RcClient;
  readonly fs: string;
  /** Of the storage, on the remote. */
  readonly path: string;
  /** Ends what is under way, and gives up the process, which ends with its last user. Resolves when it has. */
  close(): Promise<void>;
}

/** Makes a connection. */
export type Connect = () => Connection;

/** Of the remote that stands for one whose name the path of a request cannot hold. */
const aliasName = "borgstoreplace";

/** What rclone would not find again in the path of a request: a bracket ends the name, and slashes are joined. */
const unfitForPath = /\]|\/\/|\/\.{1,2}(?:\/|$)/;

/** Takes part in the rclone process that serves all backends with these settings. It is started when it is needed. */
export function connect(place: RclonePlace, settings: RcloneSettings): Connection {
  const isUnfit = unfitForPath.test(place.remote);
  const alias: Record<string, string> = isUnfit
    ? {
        [`RCLONE_CONFIG_${aliasName.toUpperCase()}_TYPE`]: "alias",
        [`RCLONE_CONFIG_${aliasName.toUpperCase()}_REMOTE`]: place.remote,
      }
    : {};
  const lease: RcdLease = leaseRcd({
    program: settings.rcloneProgram,
    configFile: settings.configFile,
    environment: { ...settings.environment, ...alias },
    connectTimeoutMs: settings.connectTimeoutMs,
    stallTimeoutMs: settings.stallTimeoutMs,
    startTimeoutMs: settings.startTimeoutMs,
  });
  const requests = new Requests(settings, classify);
  const client = new RcClient(lease, requests, settings.concurrency, [
    ...secretsOf(place),
    ...secretValues(settings.environment),
  ]);
  return {
    client,
    fs: isUnfit ? `${aliasName}:` : place.remote,
    path: pathOfPlace(place),
    close: async () => {
      requests.close();
      client.close();
      await lease.release();
    },
  };
}
