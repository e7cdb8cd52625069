import type { Backend } from "../backend.ts";
import { composeLayers, type LayerOptions } from "../compose.ts";
import { defaultHashAlgorithm } from "../hashing.ts";
import { AttemptCounters, type AttemptSnapshot } from "../layers/attempt-counters.ts";
import { emulationFromEnvironment } from "../layers/emulation.ts";
import type { OperationOptions, Quota, StoreOptions, StreamSource } from "../options.ts";
import { runBatch, type BatchItems, type BatchOptions, type BatchResult } from "./batch.ts";
import { defragOperation } from "./defrag-operation.ts";
import { deleteInChunks, type DeleteRequest } from "./delete-many.ts";
import { deleteOperation, hashOperation, infoOperation, loadOperation } from "./item-operations.ts";
import { streamItem } from "./item-stream.ts";
import {
  changeLevelOperation,
  moveOperation,
  softDeleteOperation,
  undeleteOperation,
} from "./moving-operations.ts";
import { Namespaces, type NamespacesConfig } from "./namespaces.ts";
import type { Operation, OperationContext } from "./operation.ts";
import { OperationRecorder, type OperationObservers } from "./operation-recorder.ts";
import type { OperationStatsTable } from "./operation-stats.ts";
import {
  closeOperation,
  createOperation,
  destroyOperation,
  openOperation,
  quotaOperation,
  syncOperation,
} from "./storage-operations.ts";
import type { StoreItem } from "./store-item.ts";
import { StoreListing } from "./store-listing.ts";
import type {
  ItemLoadOptions,
  ItemMoveOptions,
  ItemOptions,
  StoreDefragOptions,
  StoreDefragSource,
  StoreListOptions,
  UndeleteOptions,
} from "./store-options.ts";
import { storeOperation, storeStreamOperation } from "./storing-operations.ts";
import { translateError } from "./translate-error.ts";

/** What a store is made of. */
export interface StoreConfig extends OperationObservers {
  /** Where things are kept. The store opens and closes it. */
  readonly backend: Backend;
  /** How names are nested; see {@link NamespacesConfig}. */
  readonly namespaces: NamespacesConfig;
  /**
   * Layers between store and backend. None by default, except for latency and bandwidth when the environment
   * asks for them (`BORGSTORE_LATENCY`, `BORGSTORE_BANDWIDTH`) and `emulation` is left out.
   */
  readonly layers?: LayerOptions | undefined;
}

/** What a store did so far: a snapshot. */
export interface StoreStats {
  /** The store's own operations, as its callers see them. */
  readonly operations: OperationStatsTable;
  /** What reached the backend, repeated attempts included; only with the instrumentation layer. */
  readonly backend: AttemptSnapshot | undefined;
}

/** What to load in a batch: an item, or a part of it. */
export type LoadRequest = string | ({ readonly name: string } & Omit<ItemLoadOptions, "signal">);

/** What to store in a batch. */
export type StoreRequest = { readonly name: string; readonly value: ArrayBufferView } & Omit<
  StoreOptions,
  "signal"
>;

/** What to ask for in a batch. */
export type InfoRequest = string | ({ readonly name: string } & Omit<ItemOptions, "signal">);

const noOptions: OperationOptions = Object.freeze({});
const noLayers: LayerOptions = {};

/**
 * A key/value store over a backend: namespaces, nesting, soft deletion, batches, statistics and a log. Layout
 * and names on the medium are those of the Python borgstore.
 *
 * For all methods that take the name of an item:
 * - It is `namespace/key`, without nesting directories, and never ends in `.del`: `INVALID_NAME` otherwise,
 *   `NO_NAMESPACE` when no configured namespace takes it, both before any I/O.
 * - With one level configured, each call is exactly one call of the backend. With several, the item is looked
 *   for on them in the configured order, and the first hit counts; calls that change something look before they do,
 *   with one `info` for each level but the last.
 * - Errors are `StoreError`s whose `operation` is the method's name and whose `key` is the name asked for;
 *   further codes are those of the backend's method of the same name. An abort rejects with `signal.reason`.
 * - Calls run concurrently, and each is as atomic as the backend's. Finding an item on several levels and then
 *   storing or renaming it are two steps.
 */
export class Store implements AsyncDisposable {
  readonly #context: OperationContext;
  readonly #recorder: OperationRecorder;
  readonly #attempts: AttemptCounters | undefined;

  /** @throws StoreError `INVALID_ARGUMENT` for namespaces or layers that make no sense. Does no I/O. */
  constructor(config: StoreConfig) {
    const { backend, namespaces, layers = noLayers, logger, onOperation } = config;
    const { instrumentation } = layers;
    if (instrumentation !== undefined && instrumentation !== false) {
      this.#attempts = instrumentation.counters ?? new AttemptCounters();
    }
    this.#context = {
      namespaces: new Namespaces(namespaces),
      backend: composeLayers(backend, {
        ...layers,
        instrumentation: instrumentation && { ...instrumentation, counters: this.#attempts },
        emulation: layers.emulation ?? emulationFromEnvironment(),
      }),
    };
    this.#recorder = new OperationRecorder({ logger, onOperation });
  }

  /** The backend with all layers: for what a store does not offer. It knows nested names only. */
  get backend(): Backend {
    return this.#context.backend;
  }

  /** Whether items can be used now. */
  get isOpen(): boolean {
    return this.#context.backend.isOpen;
  }

  /** What was done so far, at this moment. docs/stats.md maps it to the reference's statistics. */
  get stats(): StoreStats {
    return { operations: this.#recorder.stats, backend: this.#attempts?.snapshot() };
  }

  /** Makes the storage; see `Backend.create`. @throws StoreError `BACKEND_EXISTS`, `ALREADY_OPEN`. */
  create(options: OperationOptions = noOptions): Promise<void> {
    return this.#run(createOperation, "", options, undefined);
  }

  /** Removes the storage with everything in it; see `Backend.destroy`. @throws StoreError `BACKEND_NOT_FOUND`, `ALREADY_OPEN`. */
  destroy(options: OperationOptions = noOptions): Promise<void> {
    return this.#run(destroyOperation, "", options, undefined);
  }

  /** Makes items usable; see `Backend.open`. @throws StoreError `BACKEND_NOT_FOUND`, `ALREADY_OPEN`. */
  open(options: OperationOptions = noOptions): Promise<void> {
    return this.#run(openOperation, "", options, undefined);
  }

  /** Makes durable what was acknowledged and disconnects; see `Backend.close`. Idempotent. */
  close(options: OperationOptions = noOptions): Promise<void> {
    return this.#run(closeOperation, "", options, undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Tells whether an item exists and how large it is; what does not exist is no error. `name` is the name asked
   * for. With one level, the backend's word is passed on when the name is a directory there.
   */
  info(name: string, options: ItemOptions = noOptions): Promise<StoreItem> {
    return this.#run(infoOperation, name, options, undefined);
  }

  /**
   * Loads an item or a part of it; ranges clamp to the value, a negative offset counts from the end. The result
   * is the caller's own.
   *
   * @throws StoreError `NOT_FOUND`; `INVALID_ARGUMENT` for a range of no sense; see `Backend.load`.
   */
  load(name: string, options: ItemLoadOptions = noOptions): Promise<Uint8Array<ArrayBuffer>> {
    return this.#run(loadOperation, name, options, undefined);
  }

  /** Like `load`, in pieces and bounded memory. Nothing happens before the first piece is asked for. */
  loadStream(name: string, options: ItemLoadOptions = noOptions): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return streamItem(this.#context, this.#recorder, name, options);
  }

  /**
   * Stores an item: whole or not at all. One that exists is replaced, on the level where it is; a new one goes
   * to the last level. The value is borrowed until the promise settles.
   *
   * @throws StoreError `INVALID_NAME` also for a key of fewer than 2 × level characters; `ALREADY_EXISTS` with
   *   `ifAbsent` when it is on any of the levels (with several, another client may still get between the look
   *   at the other levels and the store); see `Backend.store`.
   */
  store(name: string, value: ArrayBufferView, options: StoreOptions = noOptions): Promise<void> {
    return this.#run(storeOperation, name, options, value);
  }

  /** Like `store`, from pieces and in bounded memory. When the source fails, its error is thrown on and nothing is stored. */
  async storeStream(name: string, source: StreamSource, options: StoreOptions = noOptions): Promise<void> {
    await this.#run(storeStreamOperation, name, options, source);
  }

  /** Deletes an item for good. @throws StoreError `NOT_FOUND`. */
  delete(name: string, options: ItemOptions = noOptions): Promise<void> {
    return this.#run(deleteOperation, name, options, undefined);
  }

  /**
   * Renames an item, also into another namespace. An item of the new name is replaced, on the level where it
   * is; else the new one is on its namespace's last level. With `deleted`, both names are those of
   * soft-deleted items. Renaming to itself changes nothing and still requires the item.
   *
   * @throws StoreError `NOT_FOUND`; `ALREADY_EXISTS` with `ifAbsent`; `INVALID_NAME` also for a new key that is
   *   too short for its level.
   */
  async move(name: string, newName: string, options: ItemMoveOptions = noOptions): Promise<void> {
    await this.#run(moveOperation, name, options, newName);
  }

  /**
   * Deletes an item so that it can be had back: it is out of the way of `load`, `list` and `store`, and there
   * with the `deleted` option. An older soft-deleted item of that name is replaced.
   *
   * @throws StoreError `NOT_FOUND`; `INVALID_NAME` also when the name is too long with the suffix.
   */
  async softDelete(name: string, options: OperationOptions = noOptions): Promise<void> {
    await this.#run(softDeleteOperation, name, options, undefined);
  }

  /**
   * Takes a soft deletion back, on the level where it was made. With `overwrite`, a live item of that name is
   * replaced. Without, the medium decides in one step where it can (capability `createIfAbsent`); elsewhere, and
   * with several levels, a live item is looked for first, and one that is stored at that moment is replaced.
   *
   * @throws StoreError `NOT_FOUND` when there is no soft-deleted item; `ALREADY_EXISTS` when there is a live one.
   */
  async undelete(name: string, options: UndeleteOptions = noOptions): Promise<void> {
    await this.#run(undeleteOperation, name, options, undefined);
  }

  /**
   * Moves an item to the last configured level; one that is there already stays. Readers that know both levels
   * find it at any moment.
   *
   * @throws StoreError `NOT_FOUND`; `INVALID_NAME` also for a key that is too short for the level.
   */
  async changeLevel(name: string, options: ItemOptions = noOptions): Promise<void> {
    await this.#run(changeLevelOperation, name, options, undefined);
  }

  /**
   * Lists the live items of a namespace, or with `deleted` the soft-deleted ones, lazily and in one recursive
   * listing of the backend. `` `${namespace}/${item.name}` `` is the item's name: the bare key, or with the
   * directories that are not nesting in front (`sub/key`). Left out are items of other namespaces configured
   * below, and files that stand where no configured level puts them. Short keys that are there are listed.
   *
   * With one level, items come in the order of their keys; several levels promise none, and a key that is on
   * two of them comes twice. A missing namespace is empty. Of `""` or another directory that no namespace takes,
   * the items of all namespaces below it are listed, and other files by their paths.
   *
   * @param namespace with or without a slash at the end.
   * @throws StoreError out of the iteration: `INVALID_NAME`, `NOT_A_DIRECTORY`.
   */
  list(namespace: string, options: StoreListOptions = noOptions): AsyncIterableIterator<StoreItem> {
    return new StoreListing(this.#context, this.#recorder, namespace, options);
  }

  /**
   * Hex digest of an item, lower case.
   *
   * @param algorithm as Python's hashlib names it, in either case.
   * @throws StoreError `UNSUPPORTED` for an algorithm that is not known here; `NOT_FOUND`.
   */
  hash(
    name: string,
    algorithm: string = defaultHashAlgorithm,
    options: ItemOptions = noOptions,
  ): Promise<string> {
    return this.#run(hashOperation, name, options, algorithm);
  }

  /**
   * Joins parts of items, in the order given, into a new item on the namespace's last level, and returns its key
   * (without the namespace): `target`, or else the digest of the content. The sources stay. An existing target is
   * replaced. Nothing is stored on failure.
   *
   * @throws StoreError `NOT_FOUND` for a missing source; `RANGE` when a part is not all there;
   *   `INVALID_ARGUMENT` without both `target` and `algorithm`; `UNSUPPORTED`.
   */
  async defrag(sources: readonly StoreDefragSource[], options: StoreDefragOptions): Promise<string> {
    return await this.#run(defragOperation, options.namespace, options, sources);
  }

  /** The storage's limit and use in bytes, −1 each where it has none or cannot tell. */
  quota(options: OperationOptions = noOptions): Promise<Quota> {
    return this.#run(quotaOperation, "", options, undefined);
  }

  /** Resolves when everything acknowledged before the call is durable. */
  sync(options: OperationOptions = noOptions): Promise<void> {
    return this.#run(syncOperation, "", options, undefined);
  }

  /**
   * Loads many items, several at a time. Results come in the order of the requests, each with a value or an
   * error; the iteration itself rejects only for an abort or a failing source.
   */
  loadMany(
    requests: BatchItems<LoadRequest>,
    options: BatchOptions = noOptions,
  ): AsyncIterableIterator<BatchResult<Uint8Array<ArrayBuffer>>> {
    return runBatch(this.#context, requests, options, (request, { signal }) =>
      typeof request === "string"
        ? this.load(request, { signal })
        : this.load(request.name, { ...request, signal }),
    );
  }

  /** Stores many items, several at a time; as `loadMany`. Each value is borrowed until its result comes. */
  storeMany(
    requests: BatchItems<StoreRequest>,
    options: BatchOptions = noOptions,
  ): AsyncIterableIterator<BatchResult<void>> {
    return runBatch(this.#context, requests, options, ({ name, value, ifAbsent }, { signal }) =>
      this.store(name, value, { ifAbsent, signal }),
    );
  }

  /** Asks for many items, several at a time; as `loadMany`. */
  infoMany(
    requests: BatchItems<InfoRequest>,
    options: BatchOptions = noOptions,
  ): AsyncIterableIterator<BatchResult<StoreItem>> {
    return runBatch(this.#context, requests, options, (request, { signal }) =>
      typeof request === "string"
        ? this.info(request, { signal })
        : this.info(request.name, { deleted: request.deleted, signal }),
    );
  }

  /**
   * Deletes many items for good, with as few requests as the medium allows: up to 1,000 at once, and only those
   * in namespaces with several levels one by one, `concurrency` at a time. Results as for `loadMany`.
   */
  deleteMany(
    requests: BatchItems<DeleteRequest>,
    options: BatchOptions = noOptions,
  ): AsyncIterableIterator<BatchResult<undefined>> {
    return deleteInChunks(this.#context, this.#recorder, requests, options, (name, itemOptions) =>
      this.delete(name, itemOptions),
    );
  }

  /** What it stands on, for logs. Never a secret. */
  toString(): string {
    return `store(${this.#context.backend.toString()})`;
  }

  /** Every operation goes through here. Arguments instead of closures: this is the hot path. */
  async #run<Options extends OperationOptions, Argument, Result>(
    operation: Operation<Options, Argument, Result>,
    name: string,
    options: Options,
    argument: Argument,
  ): Promise<Result> {
    const startedAt = performance.now();
    let result: Result;
    try {
      result = await operation.perform(this.#context, name, options, argument);
      if (operation.finish !== undefined) result = operation.finish(result, name, options);
    } catch (error) {
      const failure = translateError(error, this.#context, operation, name, argument);
      this.#recorder.failed(operation, performance.now() - startedAt, name, options, argument, failure);
      throw failure;
    }
    this.#recorder.succeeded(operation, performance.now() - startedAt, name, options, argument, result);
    return result;
  }
}
