import { Socket } from "node:net";
import type { SshHostConfig } from "../ssh/ssh-host-config.ts";

/**
 * A socket whose writes of one turn of the event loop leave together. Without its native part ssh2 writes each packet
 * in three pieces (length, content, tag), which would be three system calls and, with `setNoDelay`, three segments.
 */
class JoiningSocket extends Socket {
  #isJoining = false;

  override write(
    chunk: Uint8Array | string,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ): boolean {
    if (!this.#isJoining) {
      this.#isJoining = true;
      this.cork();
      process.nextTick(() => {
        this.#isJoining = false;
        this.uncork();
      });
    }
    if (typeof encoding !== "string") return super.write(chunk, encoding);
    return typeof chunk === "string" ? super.write(chunk, encoding, done) : super.write(chunk, done);
  }
}

/** Begins to connect to a host. Its errors are for whoever listens; they end the process for nobody. */
export function connectSocket({ hostName, port, addressFamily, bindAddress }: SshHostConfig): Socket {
  const socket = new JoiningSocket();
  socket.on("error", () => undefined);
  return socket.connect({
    host: hostName,
    port,
    ...(addressFamily === "inet" ? { family: 4 } : {}),
    ...(addressFamily === "inet6" ? { family: 6 } : {}),
    ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
  });
}
