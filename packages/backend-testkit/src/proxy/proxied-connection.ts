import type { Socket } from "node:net";
import type { Line, ProxyDirection } from "./line.ts";
import { Pipe } from "./pipe.ts";
import { resetSocket } from "./reset-socket.ts";

/** A client's connection and the one to the server that belongs to it. */
export class ProxiedConnection {
  readonly #sockets: readonly Socket[];
  readonly #pipes: readonly Pipe[];
  /** Resolves when both sockets are closed. */
  readonly closed: Promise<void>;

  /** Takes over both sockets, which must allow to be half open and have had no data yet. */
  constructor(client: Socket, server: Socket, lines: Readonly<Record<ProxyDirection, Line>>) {
    this.#sockets = [client, server];
    this.#pipes = [new Pipe(client, server, lines.toServer), new Pipe(server, client, lines.toClient)];
    this.closed = this.#watch();
  }

  /** Resets both sides, now. */
  reset(): void {
    for (const socket of this.#sockets) resetSocket(socket);
  }

  /** Sends a FIN to both sides, now; what they still send is dropped. */
  end(): void {
    for (const pipe of this.#pipes) pipe.end();
  }

  /** Closes both sides, now. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #watch(): Promise<void> {
    await Promise.all(
      this.#sockets.map(
        (socket) => new Promise<void>((resolve) => void socket.once("close", () => resolve())),
      ),
    );
    for (const pipe of this.#pipes) pipe.leave();
  }
}
