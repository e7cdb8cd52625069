import type { Capabilities } from "./capabilities.ts";
import type { HasherFactory } from "./hashing.ts";
import type { ItemInfo } from "./item-info.ts";
import type {
  ByteSource,
  DefragSource,
  DefragTarget,
  DeleteResult,
  LoadOptions,
  MoveOptions,
  OperationOptions,
  Quota,
  StoreOptions,
} from "./options.ts";

/** What a driver's listing is asked for. */
export interface DriverListOptions extends OperationOptions {
  /** Whether sizes and times are wanted. */
  readonly sizes: boolean;
}

/** A result, or the promise of one. */
export type Awaitable<T> = T | Promise<T>;

/**
 * What an author of a backend writes: only the medium. `defineBackend` puts the guard before it and fills in
 * the optional methods, so a driver may rely on this:
 * - It is called in the right state: `create`, `destroy` and `open` when closed, all else when open.
 * - Names are valid, values are `Uint8Array`s, ranges are integers (`size` ≥ 0 or absent), sources are not
 *   functions, `move` has two different names, the signal was not aborted at the start, algorithms are in lower
 *   case, `deleteMany` has at least one name.
 * - A value or piece may be a Node Buffer, whose `slice` shares memory: copy with `new Uint8Array(value)`.
 * - The iterator of a listing or stream is released (`return`) when its reader stops or is aborted, and before
 *   `close`. Sources reject with the signal's reason when it is aborted, so a driver that reads one ends by itself.
 * - `close` comes when nothing is under way, except after an aborted `close`: then it must end what hangs. It also
 *   comes after an `open` that was aborted and succeeded all the same. An `open` that fails cleans up by itself.
 * - `ifAbsent` is only set when the capabilities do not say `createIfAbsent: false`.
 * - Errors that are not `StoreError`s become `UNEXPECTED` with the original as cause; classify what you know.
 *   Throw a new error each time (the guard writes operation and name into it), with `key` set, so that the message
 *   names it.
 *
 * The semantics of each method are those of {@link "./backend.ts".Backend}. A driver may honour `signal` to
 * stop early; when it does not, the caller's promise rejects anyway and the call ends in the background.
 */
export interface BackendDriver {
  /** Kind of backend, e.g. `"posixfs"`. */
  readonly name: string;
  /** Read once before and once after `open`, which may refine it. */
  readonly capabilities: Capabilities;
  /** Makes hashers for the helpers; without it those of `webCryptoHashers`. */
  readonly hashers?: HasherFactory;

  create(options: OperationOptions): Promise<void>;
  destroy(options: OperationOptions): Promise<void>;
  open(options: OperationOptions): Promise<void>;
  close(options: OperationOptions): Promise<void>;

  mkdir(name: string, options: OperationOptions): Promise<void>;
  rmdir(name: string, options: OperationOptions): Promise<void>;
  // These four may give a result instead of the promise of one, where it is there at once: that saves a promise and a
  // turn of the microtask queue where the medium itself takes microseconds. What they throw then is a failure all the same.
  info(name: string, options: OperationOptions): Awaitable<ItemInfo>;
  load(name: string, options: LoadOptions): Awaitable<Uint8Array<ArrayBuffer>>;
  store(name: string, value: Uint8Array, options: StoreOptions): Awaitable<void>;
  delete(name: string, options: OperationOptions): Awaitable<void>;
  move(name: string, newName: string, options: MoveOptions): Promise<void>;
  /**
   * The entries of one directory, objects and directories, in the contract's order, in pages. Names that are
   * not valid may be included: the guard leaves them out.
   */
  list(name: string, options: DriverListOptions): AsyncIterable<readonly ItemInfo[]>;

  /** All objects below a directory, where the medium lists them better than directory by directory. */
  listRecursively?(name: string, options: DriverListOptions): AsyncIterable<readonly ItemInfo[]>;
  /** A value in pieces. Left out: loaded whole and cut into pieces. */
  loadStream?(name: string, options: LoadOptions): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** A value from pieces. Left out: collected in memory and stored. */
  storeStream?(name: string, source: ByteSource, options: StoreOptions): Promise<void>;
  /** Left out: one `delete` after the other, several at a time. */
  deleteMany?(names: readonly string[], options: OperationOptions): Promise<readonly DeleteResult[]>;
  /** Hash where the data is. Left out: computed while loading. */
  hash?(name: string, algorithm: string, options: OperationOptions): Promise<string>;
  /** Left out: the parts are loaded and stored. */
  defrag?(sources: readonly DefragSource[], target: DefragTarget, options: OperationOptions): Promise<string>;
  /** Left out: −1 and −1. */
  quota?(options: OperationOptions): Promise<Quota>;
  /** Left out: acknowledging already means durable, or nothing can be done about it. */
  sync?(options: OperationOptions): Promise<void>;
  /** Place of the storage without secrets, for `toString` and messages. */
  describe?(): string;
}
