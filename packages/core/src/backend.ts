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
 * - Names are those of `checkName` [names/*]; anything else is `INVALID_NAME` before any I/O. [any/invalid-name]
 *   Only `list` takes `""`.
 * - They are asynchronous and never throw synchronously. They may run concurrently; two calls on one name may
 *   interleave, each in one step where the capabilities say so. [concurrency/*]
 * - Failures are `StoreError`s with a stable code. An abort rejects with `signal.reason`, before any
 *   I/O when it came first [any/aborted], and leaves nothing half done or behind. [abort/*]
 * - On a backend that is not open they reject with `NOT_OPEN` [any/not-open], except `create`, `destroy` and
 *   `open`, which reject with `ALREADY_OPEN` on one that is.
 * - Wrong arguments are `INVALID_ARGUMENT`, before any I/O.
 *
 * The ids in square brackets are the conformance cases that hold a backend to what is said before them; `any`
 * stands for every operation, a star for any words.
 */
export interface Backend extends AsyncDisposable {
  /** Kind of backend, e.g. `"posixfs"`. [capabilities/named] */
  readonly name: string;
  /**
   * A frozen record [capabilities/frozen]; `open` may refine it, so read it here each time instead of keeping it
   * from before. [capabilities/declared]
   */
  readonly capabilities: Capabilities;
  /** Whether object operations are accepted now. [lifecycle/open] */
  readonly isOpen: boolean;

  /**
   * Makes the storage. An existing, empty place is taken over. [lifecycle/create-empty]
   * Must not be open. [lifecycle/create-while-open]
   * @throws StoreError `BACKEND_EXISTS` when anything is stored there already, nothing is changed then
   *   [lifecycle/create-twice]; `ALREADY_OPEN`.
   */
  create(options?: OperationOptions): Promise<void>;

  /**
   * Removes the storage with everything in it [lifecycle/destroy-everything], whoever made it
   * [lifecycle/destroy-foreign]. Never follows links out of it. Not atomic: after
   * a failure a part may be left, and the call can be repeated. Must not be open. [lifecycle/destroy-while-open]
   * @throws StoreError `BACKEND_NOT_FOUND` when there is none [lifecycle/destroy-missing]; `ALREADY_OPEN`.
   */
  destroy(options?: OperationOptions): Promise<void>;

  /**
   * Makes object operations possible: connects, logs in, checks that the storage is there. What was
   * stored before is there again. [lifecycle/reopen]
   * @throws StoreError `BACKEND_NOT_FOUND` when it is not [lifecycle/open-missing]; `ALREADY_OPEN`
   *   [lifecycle/open-twice]; after a failure the backend is closed and can be opened again.
   */
  open(options?: OperationOptions): Promise<void>;

  /**
   * Refuses new operations [lifecycle/close-refuses], waits for those under way [lifecycle/close-waits], makes
   * durable what was acknowledged (as `sync`) and disconnects. Idempotent: closing what is closed does nothing.
   * [lifecycle/close-twice] Disposing is closing. [lifecycle/dispose] Listings and streams that wait for their
   * reader are released, and reject with `NOT_OPEN` when it comes back. [lifecycle/close-iterating] A failure to
   * make durable is thrown, after the connection was closed all the same. An abort ends the waiting for operations
   * that hang: it disconnects at once then, without the promise of durability. [lifecycle/close-aborted]
   */
  close(options?: OperationOptions): Promise<void>;

  /**
   * Makes a directory and all missing ones above it [mkdir/makes-all]; one that exists is fine. [mkdir/existing]
   * Without the `directories` capability this promises nothing visible. [mkdir/harmless] `store` and `move` make
   * missing directories themselves.
   * @throws StoreError `ALREADY_EXISTS` when an object has the name [mkdir/on-object], `NOT_A_DIRECTORY` when
   *   one is above it [mkdir/below-object] (both with `directories`).
   */
  mkdir(name: string, options?: OperationOptions): Promise<void>;

  /**
   * Removes an empty directory [rmdir/empty], never more than that. [rmdir/non-empty] [rmdir/never-an-object] The
   * root is never removed: `""` is `INVALID_NAME`. [rmdir/root] Without the `directories` capability an absent one
   * is fine. [rmdir/absent]
   * @throws StoreError `NOT_EMPTY` when anything is in it, directories [rmdir/holds-directory], hidden or
   *   temporary files too [rmdir/holds-hidden]; `NOT_FOUND` when it
   *   does not exist [rmdir/missing] and `NOT_A_DIRECTORY` for an object, which stays [rmdir/object] (both with
   *   `directories`).
   */
  rmdir(name: string, options?: OperationOptions): Promise<void>;

  /**
   * Tells whether something exists, its size in bytes [info/size] and whether it is a directory [info/directory],
   * and the times that there are. [info/times] [info/access-time] What does not exist is no error: `exists` is
   * false then [info/missing], also below an object. [info/below-object] `name` is the name asked for. [info/name]
   * Without the `directories` capability directories are not looked for. [info/prefix]
   */
  info(name: string, options?: OperationOptions): Promise<ItemInfo>;

  /**
   * Loads a value or a part of it. Ranges clamp to the value: past the end gives an empty result, a negative
   * offset before the start means the start. [load/clamp-*] The result is a fresh array that the caller owns;
   * nothing else refers to its memory. [load/owned] A part costs about its size (capability `rangedLoad`).
   * [load/ranged]
   * @throws StoreError `NOT_FOUND` when there is no object [load/missing], also below an object
   *   [load/below-object] and, without `directories`, for a prefix [load/prefix]; `IS_DIRECTORY` when it is a
   *   directory [load/directory]; `INVALID_ARGUMENT` for a negative or fractional size [load/wrong-range];
   *   `INTEGRITY` when the medium delivered less than it announced (repeatable).
   */
  load(name: string, options?: LoadOptions): Promise<Uint8Array<ArrayBuffer>>;

  /**
   * Like `load` [load-stream/clamp], in pieces and bounded memory. [load-stream/whole] [load-stream/empty] Nothing
   * happens before the first piece is asked for. [load-stream/lazy] Each piece belongs to the caller
   * [load-stream/owned], who may keep it. [load-stream/kept] Stopping early releases everything.
   * [load-stream/stopped] Errors come out of the iteration. [load-stream/missing] [load-stream/directory]
   * [load-stream/wrong-range]
   */
  loadStream(name: string, options?: LoadOptions): AsyncIterable<Uint8Array<ArrayBuffer>>;

  /**
   * Stores a value: whole or not at all, and visible to others at once when the promise resolves. [store/atomic]
   * [store/visible] Missing directories are made. [store/makes-directories] An existing object is replaced
   * [store/replaces], in one step (capability `atomicReplace`). [store/replace-atomic] Without directories a name
   * may also be the prefix of others. [store/object-and-prefix] The value is borrowed: do not change it before the
   * promise settles; afterwards nothing refers to it. [store/borrowed] It is never changed [store/unchanged], and
   * of a view only its own bytes count. [store/views] Any length from 0 bytes. [store/sizes] Durable when `sync`
   * or `close` resolves, unless the backend's durability option says otherwise.
   * @throws StoreError `ALREADY_EXISTS` with `ifAbsent` [store/if-absent], for all but one of those who try at once
   *   [store/if-absent-race]; `IS_DIRECTORY` [store/directory] and
   *   `NOT_A_DIRECTORY` [store/below-object] (both with `directories`); `QUOTA_EXCEEDED`, `NO_SPACE`;
   *   `UNSUPPORTED` for `ifAbsent` [store/if-absent-refused] or replacing [store/replace-refused] where the medium
   *   cannot, which with `"probe"` the first use finds out for good [store/if-absent-probe]; `INVALID_ARGUMENT`
   *   when the value is not bytes [store/not-bytes].
   */
  store(name: string, value: ArrayBufferView, options?: StoreOptions): Promise<void>;

  /**
   * Like `store` [store-stream/replaces] [store-stream/if-absent] [store-stream/if-absent-refused], from pieces
   * and in bounded memory. [store-stream/whole] [store-stream/empty] Nothing is visible before the last piece
   * arrived and was written [store-stream/not-before-end]; when the source throws, its error is thrown on and
   * nothing is stored [store-stream/source-fails], what was there stays. [store-stream/keeps-old] A piece is
   * borrowed until the next is asked for. [store-stream/reused-memory] The source is started when the medium is
   * ready for the first piece, and stopped (`return` of its iterator) when the store fails or is aborted.
   * [store-stream/source-stopped]
   * @throws StoreError `INVALID_ARGUMENT` for a source that cannot be iterated [store-stream/wrong-source] or a
   *   piece that is not bytes [store-stream/wrong-piece]; otherwise as `store`.
   */
  storeStream(name: string, source: StreamSource, options?: StoreOptions): Promise<void>;

  /**
   * Deletes an object, in one step [delete/gone], and nothing else. [delete/only-that] Nesting directories stay.
   * [delete/keeps-directories]
   * @throws StoreError `NOT_FOUND` [delete/missing], also below an object [delete/below-object] and, without
   *   `directories`, for a prefix [delete/prefix]; `IS_DIRECTORY` [delete/directory].
   */
  delete(name: string, options?: OperationOptions): Promise<void>;

  /**
   * Deletes many objects, with as few requests as the medium allows. [delete-many/many] [delete-many/none] Results
   * come in the order of the names; one failure does not stop the others. [delete-many/mixed]
   * [delete-many/directory] What happens to a name that is given twice differs: its second result may be
   * `NOT_FOUND`. After an abort no further request begins.
   * @throws StoreError `INVALID_ARGUMENT` when `names` is a string or no iterable [delete-many/wrong-names].
   */
  deleteMany(names: Iterable<string>, options?: OperationOptions): Promise<readonly DeleteResult[]>;

  /**
   * Gives an object a new name [move/renames] [move/soft-delete], replacing what has it [move/replaces] (see
   * `ifAbsent`), in one step where the capability `atomicMove` says so [move/atomic]; else the old name is removed
   * after the new one is complete, so a crash leaves both, never none. [move/never-none] Missing directories are
   * made [move/makes-directories], but not when the source is missing. [move/missing] Moving onto itself changes
   * nothing and still requires the object. [move/itself]
   * @throws StoreError `NOT_FOUND` when there is no such object; `IS_DIRECTORY` when either name is a directory
   *   [move/directory]; `NOT_A_DIRECTORY` when the new one is below an object [move/below-object] (both with
   *   `directories`); `ALREADY_EXISTS` with `ifAbsent` [move/if-absent], for all but one of those who try at once
   *   [move/if-absent-race]; `UNSUPPORTED` as for `store` [move/if-absent-refused].
   */
  move(name: string, newName: string, options?: MoveOptions): Promise<void>;

  /**
   * Lists a directory [list/directory], recursively when asked to [list/recursive], in pages of up to about 1,000
   * entries, lazily: the first page is asked for when the iteration starts [list/lazy], and nothing is held
   * between pages but the position. [list/stopped] [list/at-once] Sizes are those of the values, or left out.
   * [list/sizes] [list/without-sizes] Entries come in the order of the bytes of their relative paths, a directory
   * comparing as `name/`. [list/order] [list/order-recursive] Temporary, hidden and otherwise invalid names are
   * not shown [list/hidden], those of soft-deleted objects are. [list/deleted-suffix] Entries that vanish
   * meanwhile are left out; none that is there all the time is missing or doubled. [list/pages] [list/deleting]
   * [list/deleting-all] [list/storing] `""` is the root. [list/root] A missing directory yields nothing
   * [list/missing], as does an empty one. [list/empty-directory]
   * @throws StoreError out of the iteration: `NOT_A_DIRECTORY` for an object (with `directories`) [list/object];
   *   without them it yields nothing [list/no-prefix].
   */
  list(name: string, options?: ListOptions): AsyncIterable<readonly ItemInfo[]>;

  /**
   * Hex digest of a value, lower case. [hash/vectors] [hash/large] The default is SHA-256. [hash/default]
   * @param algorithm as Python's hashlib names it, in either case: `sha256`, `md5`, `blake2b`, …
   * @throws StoreError `UNSUPPORTED` for an algorithm that is not known here [hash/unknown-algorithm], before any
   *   I/O; `INVALID_ARGUMENT` when it is no string [hash/wrong-algorithm]; `NOT_FOUND` [hash/missing];
   *   `IS_DIRECTORY` [hash/directory].
   */
  hash(name: string, algorithm?: string, options?: OperationOptions): Promise<string>;

  /**
   * Joins parts of objects, in the order given, into a new object and returns its name. [defrag/joins]
   * [defrag/by-content] Parts may repeat and overlap [defrag/overlapping]; no parts make an empty object.
   * [defrag/empty] The sources stay. An existing target is replaced, also when it is a source. [defrag/replaces]
   * Nothing is stored on failure. [defrag/nothing-on-failure]
   * @throws StoreError `NOT_FOUND` for a missing source [defrag/missing]; `RANGE` when a part is not all there
   *   [defrag/short]; `INVALID_ARGUMENT` for a negative or fractional size [defrag/wrong-range]; `UNSUPPORTED` for
   *   an algorithm that is not known here [defrag/unknown-algorithm]; `INVALID_NAME` also when the name that the
   *   digest makes is too long, or the digest too short for the level [defrag/digest-name].
   */
  defrag(sources: readonly DefragSource[], target: DefragTarget, options?: OperationOptions): Promise<string>;

  /** The storage's limit and use in bytes, −1 each where it has none or cannot tell. [quota/amounts] */
  quota(options?: OperationOptions): Promise<Quota>;

  /**
   * Resolves when everything acknowledged before the call is durable (capability `durable`) [sync/durable], as
   * `close` does [sync/close-durable]; at once where acknowledging already meant that. May be called at any time.
   * [sync/any-time]
   */
  sync(options?: OperationOptions): Promise<void>;

  /** What it is and what it stands on, for logs, e.g. `retry(limit(posixfs(/srv/store)))`. Never a secret. */
  toString(): string;
}
