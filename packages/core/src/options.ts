/** Accepted by every operation. */
export interface OperationOptions {
  /**
   * Aborts the operation, which then rejects with `signal.reason`. An aborted `store` or `move` may still come
   * to pass, whole, when the medium was already at it. A signal aborted beforehand never reaches the medium.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Which part of a value to load. Always clamped to the value: asking for too much is no error. */
export interface LoadOptions extends OperationOptions {
  /**
   * First byte wanted, an integer. Negative counts from the end, and is the start when it lies before it.
   *
   * @default 0
   */
  readonly offset?: number | undefined;
  /**
   * Number of bytes wanted, an integer ≥ 0.
   *
   * @default to the end
   */
  readonly size?: number | undefined;
}

/** How to store a value. */
export interface StoreOptions extends OperationOptions {
  /**
   * Create only: reject with `ALREADY_EXISTS` and change nothing when the name is taken. Decided in one step
   * by the medium, or refused with `UNSUPPORTED` (capability `createIfAbsent`).
   *
   * @default false
   */
  readonly ifAbsent?: boolean | undefined;
}

/** How to move an object. */
export interface MoveOptions extends OperationOptions {
  /**
   * Reject with `ALREADY_EXISTS` and change nothing when the new name is taken. Decided in one step by the
   * medium, or refused with `UNSUPPORTED` (capability `createIfAbsent`).
   *
   * @default false
   */
  readonly ifAbsent?: boolean | undefined;
}

/** What a listing shall contain. */
export interface ListOptions extends OperationOptions {
  /**
   * `false`: the entries of the directory itself, objects and directories. `true`: all objects below it, at any
   * depth, by their relative paths, and no directories.
   *
   * @default false
   */
  readonly recursive?: boolean | undefined;
  /**
   * Whether `size` and the times are wanted. Without them local listings need one system call an entry less.
   *
   * @default true
   */
  readonly sizes?: boolean | undefined;
}

/** A part of an object, as a source of `defrag`. */
export interface DefragSource {
  readonly name: string;
  /** First byte, an integer; negative counts from the end. */
  readonly offset: number;
  /** Number of bytes, an integer ≥ 0. All of them must be there. */
  readonly size: number;
}

/** Where `defrag` puts its result: under a given name, or under the hex digest of the content. */
export type DefragTarget =
  | { readonly name: string }
  | {
      /** Namespace for the new key; `""` is the root. */
      readonly namespace: string;
      /** Nesting level for the new key. */
      readonly level: number;
      /** Hash algorithm that makes the key, as for `hash`. */
      readonly algorithm: string;
    };

/** A limit of the storage and what is used of it, in bytes; −1 where there is none or it is not known. */
export interface Quota {
  readonly limit: number;
  readonly usage: number;
}

/** What became of one name of a `deleteMany`. */
export interface DeleteResult {
  readonly name: string;
  /** Why it was not deleted; absent when it was. `NOT_FOUND` when there was none. */
  readonly error?: unknown;
}

/** Pieces of a large value, in order, of any sizes. Each piece is borrowed until the next one is asked for. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * A value that arrives in pieces: either the pieces, which can be read once, or a function that starts them
 * anew, so that a failed attempt can be repeated.
 */
export type StreamSource = ByteSource | (() => ByteSource);
