import {
  findNewestRclone,
  opensshAvailable,
  opensshReason,
  rcloneAvailable,
  requirePeer,
  rgwAvailable,
  type Peer,
} from "@borgstore/tools-peers";
import { startLocal } from "./servers/local.ts";
import { startMemory } from "./servers/memory.ts";
import type { RemotePlace, ServedPlace } from "./servers/remote-place.ts";
import { startS3 } from "./servers/s3.ts";
import { startSftp } from "./servers/sftp.ts";
import { startWebdav } from "./servers/webdav.ts";

/** A program that tests run. */
export interface RcloneProgram {
  /** Names it, with the tag of its peer. */
  readonly title: string;
  /** Tests on it are skipped otherwise. */
  readonly available: boolean;
  /** For the option `rcloneProgram`. */
  readonly program: string;
}

/** A kind of remote that tests run on. */
export interface Remote<Place extends RemotePlace = RemotePlace> {
  /** Names it, with the tag of the peer that its server is, if it has one. */
  readonly title: string;
  /** Tests on it are skipped otherwise. */
  readonly available: boolean;
  /** Starts its server. The caller stops it. */
  readonly start: () => Promise<Place>;
}

const newest: string | undefined = findNewestRclone();
const rclonePeer = requirePeer("rclone", rcloneAvailable(), "rclone or ssh-keygen is not installed");
const newestPeer = requirePeer(
  "newest rclone",
  newest !== undefined,
  "BORGSTORE_TEST_RCLONE names no rclone that runs",
);
const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const rgw = requirePeer("rgw", rgwAvailable(), "radosgw or another program of Ceph is not installed");

function served(peer: Peer, name: string, start: () => Promise<ServedPlace>): Remote<ServedPlace> {
  return { title: `${name} ${peer.tag}`, available: peer.available, start };
}

/** The distribution's rclone. */
export const distributionRclone: RcloneProgram = {
  title: `rclone ${rclonePeer.tag}`,
  available: rclonePeer.available,
  program: "rclone",
};

/** A newer one. */
export const newestRclone: RcloneProgram = {
  title: `newest rclone ${newestPeer.tag}`,
  available: newestPeer.available,
  program: newest ?? "rclone",
};

export const local: Remote = { title: "local", available: true, start: startLocal };
export const memory: Remote = { title: "memory", available: true, start: startMemory };
export const sftp: Remote<ServedPlace> = served(openssh, "sftp", async () => await startSftp());
export const sftpWithShell: Remote<ServedPlace> = served(
  openssh,
  "sftp with a shell",
  async () => await startSftp("unix"),
);
export const webdav: Remote<ServedPlace> = served(rclonePeer, "webdav", startWebdav);
export const s3: Remote<ServedPlace> = served(rgw, "s3", startS3);
