import type { StoreError } from "@borgstore/core";

/** A `rclone rcd` that has answered with the right password, and has refused to answer without. */
export interface RunningRcd {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  /** The value of the header `Authorization`. A secret. */
  readonly authorization: string;
  /** As `core/version` says: `"v1.60.1-DEV"`. */
  readonly version: string;
  /** Whether the process has ended, or is being stopped. */
  readonly isLost: boolean;
  /**
   * A new error each time: `CONNECTION`, retryable, with rclone's last lines, from which secrets are removed.
   *
   * @param unsent whether nothing was sent to it, as for the error
   */
  whyLost(unsent?: boolean): StoreError;
  /** Calls back once: when the process ends unexpectedly or is stopped; at once if that has happened. Returns removal. */
  onLost(callback: () => void): () => void;
}
