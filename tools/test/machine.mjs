import { accessSync, constants } from "node:fs";
import path from "node:path";

/** Programs whose presence decides whether tests run or are skipped. */
const programs = ["strace", "python3", "sshd", "ssh", "rclone", "radosgw", "ceph-mon", "ceph-osd", "ceph"];

/** Where servers live that a user's PATH often leaves out; tests look there too. */
const serverFolders = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/**
 * @param {string} file
 * @returns {boolean}
 */
function mayRun(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}

/**
 * @param {string} program
 * @returns {boolean} whether it stands on PATH, or where servers live, and may be run
 */
function isInstalled(program) {
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), ...serverFolders];
  return folders.some((folder) => mayRun(path.join(folder, program)));
}

/**
 * @returns {string[]} the newest rclone, when the variable names a file that is there. A name that comes or goes is part
 *   of turbo's key anyway, the file is not.
 */
function newestRclone() {
  const file = process.env["BORGSTORE_TEST_RCLONE"] ?? "";
  return file !== "" && mayRun(file) ? ["newest-rclone"] : [];
}

/**
 * What decides, besides the files, how tests end on this machine. It is part of turbo's cache key, so that a test
 * skipped yesterday runs today when its peer has been installed since.
 *
 * @returns {string}
 */
export function fingerprint() {
  const user = process.getuid?.() ?? "";
  const installed = [...programs.filter(isInstalled), ...newestRclone()];
  return [process.platform, process.arch, user, ...installed].join(" ");
}
