import type { Socket } from "node:net";
import ssh2, { type Connection } from "ssh2";
import { Authentication, type Credentials } from "./authentication.ts";
import { SftpSession, type SessionSurroundings } from "./sftp-session.ts";

/** As in sshd (`MaxSessions`). */
const maxSessions = 10;

/** SSH_DISCONNECT_PROTOCOL_ERROR, which sshd gives for too many authentication failures. */
const protocolErrorReason = 2;

/** Clients that know OpenSSH's ways, such as the order of names in SYMLINK, shall expect them here. */
const ident = "OpenSSH_9.2-in-process";

/** ssh2 cannot be told not to ping its clients, but it can be told to wait as long as a timer can. */
const neverMs = 2 ** 31 - 1;

/** What a connection needs of its server. */
export type ConnectionSurroundings = Omit<SessionSurroundings, "connection" | "dropConnection"> & {
  /** Private keys in OpenSSH's text form. */
  readonly hostKeys: readonly string[];
  readonly credentials: Credentials;
};

/** One TCP connection, from the moment it is accepted, and the sessions on it. */
export class ServerConnection {
  readonly socket: Socket;
  readonly #number: number;
  readonly #around: ConnectionSurroundings;
  readonly #sessions = new Set<SftpSession>();
  readonly #closed: Promise<void>;
  #liveSessions = 0;

  constructor(socket: Socket, number: number, around: ConnectionSurroundings) {
    this.socket = socket;
    this.#number = number;
    this.#around = around;
    // Without a listener, a reset by the client before ssh2 listens would end the process.
    socket.on("error", () => {});
    socket.on("resume", () => {
      // ssh2 resumes new sockets in its own time.
      if (around.gate.isShut) socket.pause();
    });
    this.#closed = new Promise((resolve) => {
      socket.once("close", () => resolve());
    });
    socket.once("close", () => this.#stopSessions());
  }

  get openHandles(): number {
    return [...this.#sessions].reduce((sum, session) => sum + session.openHandles, 0);
  }

  /** Speaks SSH from now on. */
  serve(): void {
    if (this.socket.destroyed) return;
    // One server a connection, because ssh2 does not tell which socket a client came in on.
    const server = new ssh2.Server(
      { hostKeys: [...this.#around.hostKeys], ident, keepaliveInterval: neverMs },
      (client) => this.#attach(client),
    );
    server.injectSocket(this.socket);
  }

  /** Called when the client has said that it speaks SSH too. */
  #attach(client: Connection): void {
    client.on("error", () => {
      // Clients go as they like; the socket's end is what counts.
    });
    const authentication = new Authentication(this.#around.credentials, () => {
      disconnect(client);
      this.socket.end();
    });
    client.on("authentication", (attempt) => authentication.decide(attempt));
    client.on("session", (accept, reject) => {
      if (this.#liveSessions >= maxSessions) return reject();
      this.#liveSessions += 1;
      const session = accept();
      session.once("close", () => {
        this.#liveSessions -= 1;
      });
      session.once("subsystem", (acceptSubsystem, rejectSubsystem, { name }) => {
        if (name !== "sftp") return rejectSubsystem();
        const sftp = new SftpSession(acceptSubsystem(), {
          ...this.#around,
          connection: this.#number,
          dropConnection: () => this.destroy(),
        });
        session.once("close", () => sftp.stop());
        this.#sessions.add(sftp);
        void sftp.done.then(() => this.#sessions.delete(sftp));
      });
    });
  }

  /** Neither reads from nor writes to the socket. */
  freeze(): void {
    this.socket.pause();
    this.socket.cork();
  }

  thaw(): void {
    this.socket.uncork();
    this.socket.resume();
  }

  /** Says that nothing more comes, and carries out nothing more. */
  end(): void {
    this.#stopSessions();
    this.socket.end();
  }

  destroy(): void {
    this.#stopSessions();
    this.socket.destroy();
  }

  /** Resolves when the socket and all handles are closed. */
  async closed(): Promise<void> {
    await this.#closed;
    await Promise.all([...this.#sessions].map((session) => session.done));
  }

  #stopSessions(): void {
    for (const session of this.#sessions) session.stop();
  }
}

/** ssh2 has no public way to disconnect with a reason. */
function disconnect(client: Connection): void {
  const { _protocol } = client as unknown as { readonly _protocol: { disconnect(reason: number): void } };
  _protocol.disconnect(protocolErrorReason);
}
