import { accessSync, constants } from "node:fs";
import path from "node:path";

/** Where servers live that a user's PATH often leaves out. */
const serverFolders = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

/** Where systems keep OpenSSH's stand-alone SFTP server; it is never on PATH. */
const sftpServers = [
  "/usr/lib/openssh/sftp-server",
  "/usr/libexec/openssh/sftp-server",
  "/usr/libexec/sftp-server",
  "/usr/lib/ssh/sftp-server",
  "/usr/lib/misc/sftp-server",
];

function mayRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}

/** The absolute path of a program on PATH, then in `more` folders; `undefined` when it is in none. */
export function findProgram(program: string, more: readonly string[] = []): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => folder !== "");
  return [...folders, ...more].map((folder) => path.resolve(folder, program)).find(mayRun);
}

/** The absolute path of sshd, which refuses to run under a relative one; `undefined` when there is none. */
export function findSshd(): string | undefined {
  return findProgram("sshd", serverFolders);
}

/** The absolute path of OpenSSH's `sftp-server`, for the subsystem `external`; `undefined` when there is none. */
export function findSftpServer(): string | undefined {
  return sftpServers.find(mayRun);
}
