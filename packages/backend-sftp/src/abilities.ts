import type { Capabilities } from "@borgstore/core";
import type { Session } from "./session.ts";

/**
 * What the server can do, as far as it is known: what it announces, less what it then refuses. One per backend, since
 * that stays the same over its connections.
 */
export class Abilities {
  /** Renaming that replaces in one step. */
  posixRename = true;
  /** Hard links; `undefined`: announced, and never tried. */
  hardlink: boolean | undefined = undefined;
  fsync = true;
  /** Whether syncing a directory has ever worked. */
  syncsDirectories = false;
  /**
   * Whether requests are the system calls of a file system: then removing never takes a directory, removing a directory
   * never takes a file, and renaming never replaces a directory. Servers over something else may do all of that
   * (`rclone serve sftp` does), and there it is looked first. Who can sync a file has one to sync.
   */
  isFileSystem = true;
  statvfs = true;
  /** Name of the request for digests; `undefined`: never tried, `false`: there is none. */
  checkFile: string | false | undefined = undefined;

  /** Takes over what a server has announced when it was connected to. */
  announce(session: Session): void {
    this.posixRename = session.has("posix-rename@openssh.com");
    this.fsync = session.has("fsync@openssh.com");
    this.isFileSystem = this.fsync;
    this.statvfs = session.has("statvfs@openssh.com");
    if (!session.has("hardlink@openssh.com")) this.hardlink = false;
  }

  /**
   * As the backend declares them. What is found out later changes nothing: they are final after `open`.
   *
   * @param isSynced whether anything is ever synced
   */
  capabilities(isSynced: boolean): Capabilities {
    return {
      atomicReplace: this.posixRename,
      atomicMove: true,
      createIfAbsent: this.hardlink === false ? false : "probe",
      directories: true,
      rangedLoad: true,
      nativeHash: true,
      accessTime: true,
      durable: this.fsync && isSynced,
      remote: true,
    };
  }
}
