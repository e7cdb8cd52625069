import type { StoreError } from "../errors.ts";

/**
 * What `Durability` needs from a backend that keeps its objects as files in directories: how to make them durable,
 * and how paths relate. A path is any string by which the backend knows a file or directory; equal strings are the
 * same file. Up to 16 calls are under way at a time, each for another path; files come before the directories.
 */
export interface Syncer {
  /**
   * Makes the content of a file durable, whoever wrote it.
   *
   * @returns `false` when there is no such file (any more): it was deleted or moved meanwhile
   * @throws ContentInDoubt when it is of no use to try again. After any other error the file stays noted, and the
   *   next `sync()` tries again.
   */
  syncFile(path: string): Promise<boolean>;
  /**
   * Makes the entries of a directory durable: what was made in it, moved and deleted. A failure may be tried again.
   *
   * @returns `false` when there is no such directory (any more); `true` also where the medium has no such call, and
   *   there is nothing more to do
   */
  syncDirectory(path: string): Promise<boolean>;
  /** The directories above a path, the storage's own last; none for that one. No I/O. */
  ancestorsOf(path: string): readonly string[];
  /** The directory above a file: the first of its ancestors. Called for each delete, so cheap; no I/O. */
  parentOf(path: string): string;
  /** The store's error for the cause of a {@link ContentInDoubt}; its code becomes that of a failing `sync()`. */
  classify(error: unknown): StoreError;
  /**
   * Resolves when the event loop has turned: awaited between slices of 2048 changes, about 1 ms of work each.
   *
   * @default a timer of 0 ms, which takes about 1 ms
   */
  nextTurn?(): Promise<void>;
}
