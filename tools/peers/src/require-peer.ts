/**
 * The real parts that tests may ask for. A new one is added here and in CONTRIBUTING.md, and `.ci/run` provides it.
 *
 * - `strace`: counts system calls.
 * - `small tmpfs`: the right to mount a tiny file system, to fill it up.
 * - `memory file system`: a tmpfs at `/dev/shm`.
 * - `unprivileged user`: the right to run a child process under another user id, for which permissions count.
 * - `python borgstore`: the reference, see `findPythonReference`.
 * - `openssh`: sshd, ssh, sftp and ssh-keygen, see `opensshAvailable` and `startSshd`.
 * - `rclone`: the program, also as a server of SFTP and WebDAV, see `rcloneAvailable`, `startRcloneSftp` and
 *   `startRcloneWebdav`.
 * - `newest rclone`: a newer one than that of the distribution, see `findNewestRclone`.
 * - `rgw`: Ceph's RADOS Gateway, an S3 server, see `rgwAvailable` and `startRgw`.
 */
export type PeerName =
  | "strace"
  | "small tmpfs"
  | "memory file system"
  | "unprivileged user"
  | "python borgstore"
  | "openssh"
  | "rclone"
  | "newest rclone"
  | "rgw";

/** A real part, and whether it is there. */
export interface Peer {
  readonly name: PeerName;
  readonly available: boolean;
  /**
   * Stands in the title of every test, or group of tests, that needs the peer: `[peer: strace]`, or with the
   * reason when it is missing: `[peer: strace: not installed]`. `pnpm test` collects these to say who took part.
   */
  readonly tag: string;
}

/**
 * Says whether tests that need a real part can run, in a form that shows in their titles:
 *
 * ```ts
 * const strace = requirePeer("strace", commandWorks("strace"), "not installed");
 * describe.skipIf(!strace.available)(`system calls ${strace.tag}`, () => { … });
 * ```
 *
 * @param reason why it is missing, when it is; it ends up in the titles.
 * @throws Error when the peer is missing although `BORGSTORE_REQUIRE_PEERS` is `1` and
 *   `BORGSTORE_EXCUSED_PEERS` (names separated by commas) does not name it. Thrown while a test file is loaded
 *   it fails the run.
 */
export function requirePeer(name: PeerName, isAvailable: boolean, reason: string): Peer {
  if (isAvailable) return { name, available: true, tag: `[peer: ${name}]` };
  const excused = (process.env["BORGSTORE_EXCUSED_PEERS"] ?? "").split(",").map((peer) => peer.trim());
  if (process.env["BORGSTORE_REQUIRE_PEERS"] === "1" && !excused.includes(name)) {
    throw new Error(`The tests need the peer "${name}", which is missing (${reason}).`);
  }
  return { name, available: false, tag: `[peer: ${name}: ${reason}]` };
}
