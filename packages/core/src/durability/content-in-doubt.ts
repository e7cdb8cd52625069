/**
 * Syncing a file was begun and failed: the system that has the file may have dropped what it could not write, and
 * forgets the failure once it has been told. A later success of the same call proves nothing. To be thrown by
 * `Syncer.syncFile`, and never seen by callers of a backend: they get the cause, classified.
 */
export class ContentInDoubt extends Error {
  override readonly name = "ContentInDoubt";

  /** @param cause what syncing failed with, as it came */
  constructor(cause: unknown) {
    super("the content of a file may be lost", { cause });
  }
}
