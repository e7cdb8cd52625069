import type { StoreError } from "@borgstore/core";
import type { Readable, Writable } from "node:stream";

/**
 * What a transport makes: the two directions of an SFTP subsystem that has been started on the server, and the fate
 * of what is below them.
 */
export interface Link {
  /** From the server. */
  readonly input: Readable;
  /** To the server. */
  readonly output: Writable;
  /** Which transport it is, for messages: `"ssh2"` or `"openssh"`. */
  readonly transport: string;
  /**
   * Calls back once when the link has ended for whatever reason, at once when it has already. Each call of the
   * function that is handed over makes a new error that says why.
   */
  onLost(callback: (makeReason: () => StoreError) => void): void;
  /** Ends everything at once. */
  destroy(): void;
  /** Ends in good order, and at once what does not end by itself within `graceMs`. Resolves when nothing is left. */
  end(graceMs: number): Promise<void>;
}
