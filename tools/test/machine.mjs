import { accessSync, constants } from "node:fs";
import path from "node:path";

/** Programs whose presence decides whether tests run or are skipped. */
const programs = ["strace", "python3", "sshd", "ssh", "rclone", "radosgw", "ceph-mon", "ceph-osd", "ceph"];

/** Where servers live that a user's PATH often leaves out; tests look there too. */
const serverFolders = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/**
 * @param {string} program
 * @returns {boolean} whether it stands on PATH, or where servers live, and may be run
 */
function isInstalled(program) {
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), ...serverFolders];
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error) return false;
      throw error;
    }
  });
}

/**
 * What decides, besides the files, how tests end on this machine. It is part of turbo's cache key, so that a test
 * skipped yesterday runs today when its peer has been installed since.
 *
 * @returns {string}
 */
export function fingerprint() {
  const user = process.getuid?.() ?? "";
  return [process.platform, process.arch, user, ...programs.filter(isInstalled)].join(" ");
}
