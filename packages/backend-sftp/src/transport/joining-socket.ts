import { connect, type Socket } from "node:net";
import type { SshHostConfig } from "../ssh/ssh-host-config.ts";

type Done = (error?: Error | null) => void;

/**
 * Begins to connect to a host. Errors are for whoever listens; without a listener they end nothing.
 *
 * What is written to the socket in one turn of the event loop leaves together. Without its native part ssh2 writes each
 * packet in three pieces (length, content, tag), which would be three system calls and, with `setNoDelay`, three
 * segments.
 */
export function connectSocket({ hostName, port, addressFamily, bindAddress }: SshHostConfig): Socket {
  const socket = connect({
    host: hostName,
    port,
    ...(addressFamily === "inet" ? { family: 4 } : {}),
    ...(addressFamily === "inet6" ? { family: 6 } : {}),
    ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
  });
  socket.on("error", () => undefined);
  joinWrites(socket);
  return socket;
}

/** Replaces the method, because connecting takes back what a class derived from `Socket` has made of it. */
function joinWrites(socket: Socket): void {
  const write: Socket["write"] = socket.write.bind(socket);
  let isJoining = false;
  const leave = (): void => {
    isJoining = false;
    socket.uncork();
  };
  socket.write = (chunk: Uint8Array | string, encoding?: BufferEncoding | Done, done?: Done): boolean => {
    if (!isJoining) {
      isJoining = true;
      socket.cork();
      process.nextTick(leave);
    }
    if (typeof encoding !== "string") return write(chunk, encoding);
    return typeof chunk === "string" ? write(chunk, encoding, done) : write(chunk, done);
  };
}
