import { Slots, StoreError } from "@borgstore/core";
import type { Link } from "./transport/link.ts";
import { shakeHands } from "./protocol/handshake.ts";
import type { ServerFeatures } from "./protocol/server-features.ts";
import { SftpClient } from "./protocol/sftp-client.ts";
import { SftpConnection, type ConnectionLimits } from "./protocol/sftp-connection.ts";

/** Bytes of reads and writes in flight at a time, over all operations of a connection: fills 100 MiB/s at 40 ms. */
const bytesInFlight = 4 * 1024 * 1024;
/** How long a connection may take to end in good order. */
const graceMs = 2000;

/**
 * Streams wait for others while they hold a handle: a store for its source, which may be a load from here, and a load for
 * its reader, who may do anything but store a stream of it. With slots of their own nobody waits in a circle.
 */
export interface HandleSlots {
  /** For operations that end by themselves. */
  readonly short: Slots;
  /** For values that are loaded in pieces. */
  readonly reading: Slots;
  /** For values that are stored from pieces. */
  readonly writing: Slots;
}

/** One connection to the server, shared by operations at the same time. */
export class Session {
  readonly client: SftpClient;
  readonly features: ServerFeatures;
  /** Handles that may be open at a time: servers have few, and fail without a word when they are used up. */
  readonly handles: HandleSlots;
  /** Bytes that may be in flight. */
  readonly bytes: Slots = new Slots(bytesInFlight);
  /** Operations that are using it. */
  operations = 0;
  readonly #link: Link;
  readonly #connection: SftpConnection;

  private constructor(link: Link, connection: SftpConnection, features: ServerFeatures) {
    this.#link = link;
    this.#connection = connection;
    this.client = new SftpClient(connection);
    this.features = features;
    this.handles = {
      short: new Slots(Math.max(1, Math.floor(features.maxOpenHandles / 2))),
      reading: new Slots(Math.max(1, Math.floor(features.maxOpenHandles / 4))),
      writing: new Slots(Math.max(1, Math.floor(features.maxOpenHandles / 4))),
    };
  }

  /** Greets the server. The link is destroyed when that fails. */
  static async start(link: Link, limits: ConnectionLimits): Promise<Session> {
    const connection = new SftpConnection(link, limits);
    try {
      return new Session(link, connection, await shakeHands(connection));
    } catch (error) {
      link.destroy();
      throw error;
    }
  }

  get isLost(): boolean {
    return this.#connection.isLost;
  }

  /** The transport that is under it. */
  get transport(): string {
    return this.#link.transport;
  }

  has(extension: string): boolean {
    return this.features.extensions.has(extension);
  }

  onLost(callback: () => void): void {
    this.#connection.onLost(callback);
  }

  /** Ends it. What is pending fails. In good order unless `atOnce`. */
  async end(atOnce: boolean): Promise<void> {
    if (atOnce) {
      this.#connection.fail(() => new StoreError("CONNECTION", { detail: "the backend was closed" }));
    }
    await this.#link.end(atOnce ? 0 : graceMs);
  }
}
