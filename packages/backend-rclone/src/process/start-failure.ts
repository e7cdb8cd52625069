import { StoreError, type StoreErrorCode } from "@borgstore/core";

/**
 * Why rclone could not be started, for all who wait for it. Each of them gets an error of its own, as backends and
 * layers write into theirs.
 */
export class StartFailure extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, detail: string, cause?: unknown) {
    super(detail, { cause });
    this.name = "StartFailure";
    this.code = code;
  }

  /** A new one. Nothing was sent to any service. */
  storeError(): StoreError {
    return new StoreError(this.code, { detail: this.message, unsent: true, cause: this.cause });
  }
}
