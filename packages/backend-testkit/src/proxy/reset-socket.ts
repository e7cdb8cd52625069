import type { Socket } from "node:net";

/** Closes a socket at once so that its peer gets a RST, wherever that can be done; else it only closes it. */
export function resetSocket(socket: Socket): void {
  // One that is not connected has no peer, and on one that is just sending its FIN a reset fails and leaves the
  // handle open.
  const isEnding = socket.writableEnded && !socket.writableFinished;
  if (socket.destroyed || socket.connecting || isEnding) socket.destroy();
  else socket.resetAndDestroy();
}
