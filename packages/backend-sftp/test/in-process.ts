import * as fs from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { SftpBackendOptions, SftpOptions } from "../src/index.ts";
import { newDirectory } from "./fresh-directory.ts";
import { startSftpServer, type SftpServer } from "./server/sftp-server.ts";
import type { SftpServerOptions } from "./server/sftp-server-options.ts";

/** A server in this process, with what a client needs to log in there. */
export interface InProcess {
  readonly server: SftpServer;
  /** Where relative paths begin. */
  readonly home: string;
  /** Options for a storage in a directory of the home, which does not exist yet. */
  readonly options: (path?: string, more?: SftpOptions) => SftpBackendOptions;
  stop(): Promise<void>;
}

/** Starts a server; the caller stops it. */
export async function startInProcess(options: Partial<SftpServerOptions> = {}): Promise<InProcess> {
  const directory = newDirectory();
  const home = join(directory, "home");
  fs.mkdirSync(home);
  const server = await startSftpServer({ home, ...options });
  const identity = join(directory, "id");
  const knownHosts = join(directory, "known_hosts");
  fs.writeFileSync(identity, server.clientKey, { mode: 0o600 });
  fs.writeFileSync(knownHosts, `${server.knownHostsLine()}\n`);
  return {
    server,
    home,
    options: (path = "store", more = {}) => ({
      host: "127.0.0.1",
      port: server.port,
      user: "somebody",
      path,
      transport: "ssh2",
      sshConfigFile: "none",
      // There is no file to ask it about, and starting it takes longer than most operations.
      sshProgram: join(directory, "no-ssh"),
      ...more,
      sshOptions: {
        IdentityFile: identity,
        IdentityAgent: "none",
        UserKnownHostsFile: knownHosts,
        GlobalKnownHostsFile: "none",
        ...more.sshOptions,
      },
    }),
    stop: async () => {
      await server.close();
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Starts a server for the running test, which stops it in the end. */
export async function inProcess(options: Partial<SftpServerOptions> = {}): Promise<InProcess> {
  const started = await startInProcess(options);
  onTestFinished(() => started.stop());
  return started;
}
