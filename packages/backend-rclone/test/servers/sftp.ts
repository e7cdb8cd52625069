import { startSshd } from "@borgstore/tools-peers";
import { join } from "node:path";
import { insideDirectory } from "./inside-directory.ts";
import { newDirectory, removeDirectory } from "./new-directory.ts";
import { writeRcloneConf } from "./rclone-conf.ts";
import type { ServedPlace } from "./remote-place.ts";

/**
 * What rclone may run on the server: nothing, or programs that compute checksums, which it does after each upload; that
 * takes 0.1 s.
 */
export type SftpShell = "none" | "unix";

const ofShell = {
  none: { shell_type: "none", disable_hashcheck: "true" },
  unix: { shell_type: "unix" },
} as const;

/** A directory served by OpenSSH. */
export async function startSftp(shell: SftpShell = "none"): Promise<ServedPlace> {
  const workDirectory = newDirectory();
  const directory = newDirectory();
  const sshd = await startSshd({ directory: workDirectory });
  const configFile = writeRcloneConf(workDirectory, "testsftp", {
    type: "sftp",
    host: "127.0.0.1",
    port: String(sshd.port),
    user: sshd.user,
    key_file: sshd.clientKeyFile,
    known_hosts_file: sshd.knownHostsFile,
    ...ofShell[shell],
  });
  return {
    ...insideDirectory(directory),
    options: (path) => ({ remote: `testsftp:${join(directory, path)}`, configFile }),
    freeze: () => sshd.freeze(),
    thaw: () => sshd.thaw(),
    stop: async () => {
      await sshd.stop();
      for (const each of [directory, workDirectory]) removeDirectory(each);
    },
  };
}
