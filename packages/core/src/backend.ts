import type { Capabilities } from "./capabilities.ts";
import type { ItemInfo } from "./item-info.ts";
import type {
  DefragSource,
  DefragTarget,
  DeleteResult,
  ListOptions,
  LoadOptions,
  MoveOptions,
  OperationOptions,
  Quota,
  StoreOptions,
  StreamSource,
} from "./options.ts";

/**
 * The contract of a storage backend, complete: what stores and layers see. Authors of backends write the
 * smaller `BackendDriver` and get this from `defineBackend`.
 *
 * For all methods:
 * - Names are those of `checkName`; anything else is `INVALID_NAME` before any I/O. Only `list` takes `""`.
 * - They are asynchronous and never throw synchronously. They may run concurrently; two calls on one name may
 *   interleave, each in one step where the capabilities say so.
 * - Failures are `StoreError`s with a stable code. An abort rejects with `signal.reason`.
 * - On a backend that is not open they reject with `NOT_OPEN`, except `create`, `destroy` and `open`, which
 *   reject with `ALREADY_OPEN` on one that is.
 * - Wrong arguments are `INVALID_ARGUMENT`, before any I/O.
 *
 * The ids in square brackets are the conformance cases that hold a backend to the sentence before them.
 */
export interface Backend extends AsyncDisposable {
  /** Kind of backend, e.g. `"posixfs"`. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Whether object operations are accepted now. */
  readonly isOpen: boolean;

  /**
   * Makes the storage. An existing, empty place is taken over.
   * Must not be open. [lifecycle/create-while-open]
   * @throws StoreError `BACKEND_EXISTS` when anything is stored there already, nothing is changed then
   *   [lifecycle/create-twice]; `ALREADY_OPEN`.
   */
  create(options?: OperationOptions): Promise<void>;

  /**
   * Removes the storage with everything in it, whoever made it. Never follows links out of it. Not atomic: after
   * a failure a part may be left, and the call can be repeated. Must not be open. [lifecycle/destroy-while-open]
   * @throws StoreError `BACKEND_NOT_FOUND` when there is none [lifecycle/destroy-missing]; `ALREADY_OPEN`.
   */
  destroy(options?: OperationOptions): Promise<void>;

  /**
   * Makes object operations possible: connects, logs in, checks that the storage is there.
   * @throws StoreError `BACKEND_NOT_FOUND` when it is not [lifecycle/open-missing]; `ALREADY_OPEN`
   *   [lifecycle/open-twice]; after a failure the backend is closed and can be opened again.
   */
  open(options?: OperationOptions): Promise<void>;

  /**
   * Refuses new operations, waits for those under way, makes durable what was acknowledged (as `sync`) and
   * disconnects. Idempotent: closing what is closed does nothing. [lifecycle/close-twice]
   * A failure to make durable is thrown, after the connection was closed all the same.
   */
  close(options?: OperationOptions): Promise<void>;

  /**
   * Makes a directory and all missing ones above it; one that exists is fine. [mkdir/existing] Without the
   * `directories` capability this promises nothing visible. `store` and `move` make missing directories themselves.
   * @throws StoreError `ALREADY_EXISTS` when an object has the name [mkdir/on-object], `NOT_A_DIRECTORY` when
   *   one is above it (both with `directories`).
   */
  mkdir(name: string, options?: OperationOptions): Promise<void>;

  /**
   * Removes an empty directory, never more than that. [rmdir/non-empty] The root is never removed: `""` is
   * `INVALID_NAME`. [rmdir/root] Without the `directories` capability an absent one is fine.
   * @throws StoreError `NOT_EMPTY` when anything is in it, hidden or temporary files too; `NOT_FOUND` when it
   *   does not exist [rmdir/missing] and `NOT_A_DIRECTORY` for an object, which stays [rmdir/object] (both with
   *   `directories`).
   */
  rmdir(name: string, options?: OperationOptions): Promise<void>;

  /**
   * Tells whether something exists, its size in bytes and whether it is a directory. What does not exist is no
   * error: `exists` is false then. [info/missing] `name` is the name asked for. [info/name] Without the
   * `directories` capability directories are not looked for.
   */
  info(name: string, options?: OperationOptions): Promise<ItemInfo>;

  /**
   * Loads a value or a part of it. Ranges clamp to the value: past the end gives an empty result, a negative
   * offset before the start means the start. [load/clamp-*] The result is a fresh array that the caller owns;
   * nothing else refers to its memory. [load/owned]
   * @throws StoreError `NOT_FOUND` when there is no object [load/missing]; `IS_DIRECTORY` when it is a directory
   *   [load/directory]; `INVALID_ARGUMENT` for a negative or fractional size; `INTEGRITY` when the medium
   *   delivered less than it announced (repeatable).
   */
  load(name: string, options?: LoadOptions): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * Like `load`, in pieces and bounded memory. Nothing happens before the first piece is asked for. Each piece
   * belongs to the caller. Stopping early releases everything. Errors come out of the iteration.
   */
  loadStream(name: string, options?: LoadOptions): AsyncIterable<Uint8Array<ArrayBuffer>>;

  /**
   * Stores a value: whole or not at all, and visible to others at once when the promise resolves.
   * [store/atomic] Missing directories are made. An existing object is replaced (capability `atomicReplace`).
   * The value is borrowed: do not change it before the promise settles; afterwards nothing refers to it.
   * [store/borrowed] Any length from 0 bytes.
   * Durable when `sync` or `close` resolves, unless the backend's durability option says otherwise.
   * @throws StoreError `ALREADY_EXISTS` with `ifAbsent` [store/if-absent]; `IS_DIRECTORY` [store/directory] and
   *   `NOT_A_DIRECTORY` [store/below-object] (both with `directories`); `QUOTA_EXCEEDED`, `NO_SPACE`;
   *   `UNSUPPORTED` for `ifAbsent` or replacing where the medium cannot; `INVALID_ARGUMENT` when the value is not bytes.
   */
  store(name: string, value: ArrayBufferView, options?: StoreOptions): Promise<void>;

  /**
   * Like `store`, from pieces and in bounded memory. Nothing is visible before the last piece arrived and was
   * written; when the source throws, its error is thrown on and nothing is stored. [store-stream/source-fails]
   */
  storeStream(name: string, source: StreamSource, options?: StoreOptions): Promise<void>;

  /**
   * Deletes an object, in one step. Nesting directories stay.
   * @throws StoreError `NOT_FOUND` [delete/missing]; `IS_DIRECTORY` [delete/directory].
   */
  delete(name: string, options?: OperationOptions): Promise<void>;

  /**
   * Deletes many objects, with as few requests as the medium allows. Results come in the order of the names;
   * one failure does not stop the others. [delete-many/mixed]
   */
  deleteMany(names: Iterable<string>, options?: OperationOptions): Promise<readonly DeleteResult[]>;

  /**
   * Gives an object a new name, replacing what has it (see `ifAbsent`), in one step where the capability
   * `atomicMove` says so; else the old name is removed after the new one is complete, so a crash leaves both,
   * never none. Missing directories are made, but not when the source is missing. [move/missing] Moving onto
   * itself changes nothing and still requires the object. [move/itself]
   * @throws StoreError `NOT_FOUND` when there is no such object; `IS_DIRECTORY` when either name is a directory
   *   [move/directory]; `ALREADY_EXISTS` with `ifAbsent` [move/if-absent]; `UNSUPPORTED` as for `store`.
   */
  move(name: string, newName: string, options?: MoveOptions): Promise<void>;

  /**
   * Lists a directory in pages of up to about 1,000 entries, lazily: the first page is asked for when the
   * iteration starts, and nothing is held between pages but the position. Entries come in the order of the bytes
   * of their relative paths, a directory comparing as `name/`. [list/order] Temporary, hidden and otherwise
   * invalid names are not shown. [list/hidden] Entries that vanish meanwhile are left out; none that is there
   * all the time is missing or doubled. [list/pages] `""` is the root. A missing directory yields nothing. [list/missing]
   * @throws StoreError out of the iteration: `NOT_A_DIRECTORY` for an object (with `directories`) [list/object].
   */
  list(name: string, options?: ListOptions): AsyncIterable<readonly ItemInfo[]>;

  /**
   * Hex digest of a value, lower case.
   * @param algorithm as Python's hashlib names it, in either case: `sha256`, `md5`, `blake2b`, …
   * @throws StoreError `UNSUPPORTED` for an algorithm that is not known here [hash/unknown-algorithm], before any
   *   I/O; `NOT_FOUND`; `IS_DIRECTORY`.
   */
  hash(name: string, algorithm?: string, options?: OperationOptions): Promise<string>;

  /**
   * Joins parts of objects, in the order given, into a new object and returns its name. Parts may repeat and
   * overlap; no parts make an empty object. The sources stay. An existing target is replaced, also when it is a
   * source. Nothing is stored on failure. [defrag/nothing-on-failure]
   * @throws StoreError `NOT_FOUND` for a missing source; `RANGE` when a part is not all there [defrag/short].
   */
  defrag(sources: readonly DefragSource[], target: DefragTarget, options?: OperationOptions): Promise<string>;

  /** The storage's limit and use in bytes, −1 each where it has none or cannot tell. */
  quota(options?: OperationOptions): Promise<Quota>;

  /**
   * Resolves when everything acknowledged before the call is durable (capability `durable`); at once where
   * acknowledging already meant that.
   */
  sync(options?: OperationOptions): Promise<void>;

  /** What it is and what it stands on, for logs, e.g. `retry(limit(posixfs(/srv/store)))`. Never a secret. */
  toString(): string;
}
