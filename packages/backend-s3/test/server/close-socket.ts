import type { Socket } from "node:net";
import type { ConnectionCut } from "./request-control.ts";

/** Closes a socket that has nothing more to write: with a FIN, or at once with a RST. */
export function closeSocket(socket: Socket, how: ConnectionCut): void {
  if (how === "end") {
    socket.end();
    return;
  }
  // On one that is just sending its FIN a reset fails and leaves the handle open.
  const isEnding = socket.writableEnded && !socket.writableFinished;
  if (socket.destroyed || isEnding) socket.destroy();
  else socket.resetAndDestroy();
}
