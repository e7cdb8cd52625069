import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type Client, type ConnectConfig, type SFTPWrapper } from "ssh2";
import { afterEach, beforeEach } from "vitest";
import { result } from "./callbacks.ts";
import { type SftpServer, startSftpServer } from "./sftp-server.ts";
import type { SftpServerOptions } from "./sftp-server-options.ts";

/** Servers of one test file, and ssh2's own clients of them. */
export interface ServerFixture {
  /** A fresh directory for each test. */
  readonly home: string;
  start(options?: Omit<SftpServerOptions, "home">): Promise<SftpServer>;
  /** Resolves when the client is let in; rejects with the first error. */
  connect(server: SftpServer, config?: ConnectConfig, client?: Client): Promise<Client>;
  sftp(server: SftpServer): Promise<SFTPWrapper>;
}

/** Makes a directory before each test; closes and removes after it what the test has started. */
export function serverFixture(): ServerFixture {
  const servers: SftpServer[] = [];
  const clients: Client[] = [];
  let home = "";

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "sftp-server-"));
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await Promise.all(servers.splice(0).map((server) => server.close()));
    await rm(home, { recursive: true });
  });

  return {
    get home() {
      return home;
    },

    async start(options = {}) {
      const server = await startSftpServer({ home, ...options });
      servers.push(server);
      return server;
    },

    async connect(server, config = {}, client = new ssh2.Client()) {
      clients.push(client);
      // Resets that come late have no other listener.
      client.on("error", () => {});
      const ready = once(client, "ready");
      // ssh2 writes packets in pieces, each of which would wait 40 ms for the one before to be acknowledged.
      const sock = createConnection({ host: "127.0.0.1", port: server.port, noDelay: true });
      client.connect({ sock, username: "someone", privateKey: server.clientKey, ...config });
      await ready;
      return client;
    },

    async sftp(server) {
      const client = await this.connect(server);
      return await result<SFTPWrapper>((done) => client.sftp(done));
    },
  };
}
