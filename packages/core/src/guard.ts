import type { Backend } from "./backend.ts";
import { isIterable, toBytes } from "./bytes.ts";
import { callSignal, type CallSignal } from "./call-abort.ts";
import type { Capabilities } from "./capabilities.ts";
import { checkDefrag } from "./check-defrag.ts";
import type { Awaitable, BackendDriver } from "./driver.ts";
import { StoreError } from "./errors.ts";
import { checkAlgorithm, defaultHashAlgorithm } from "./hashing.ts";
import { defragByLoading } from "./helpers/defrag-by-loading.ts";
import { deleteManyOneByOne } from "./helpers/delete-many-one-by-one.ts";
import { hashByLoading } from "./helpers/hash-by-loading.ts";
import { listByWalking } from "./helpers/list-by-walking.ts";
import { streamPieces } from "./helpers/load-stream-by-loading.ts";
import { storeStreamByBuffering } from "./helpers/store-stream-by-buffering.ts";
import type { ItemInfo } from "./item-info.ts";
import { checkName, isValidName, maxNameLength } from "./names.ts";
import { OperationGate } from "./operation-gate.ts";
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
import { checkRange } from "./range.ts";
import { WatchedSource } from "./watched-source.ts";

const noOptions: OperationOptions = Object.freeze({});

/**
 * Stands at the medium's door, whatever is stacked above: checks state, names and arguments before the driver
 * is called, makes aborts reject at once, and says in every error which backend, operation and name it was.
 */
export class GuardedBackend implements Backend {
  readonly name: string;
  readonly #driver: BackendDriver;
  readonly #gate: OperationGate;
  #capabilities: Capabilities;

  constructor(driver: BackendDriver) {
    this.name = driver.name;
    this.#driver = driver;
    this.#gate = new OperationGate(driver.name);
    this.#capabilities = Object.freeze({ ...driver.capabilities });
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  get isOpen(): boolean {
    return this.#gate.isOpen;
  }

  create(options: OperationOptions = noOptions): Promise<void> {
    return this.#gate.whileClosed("create", options, () => this.#driver.create(options));
  }

  destroy(options: OperationOptions = noOptions): Promise<void> {
    return this.#gate.whileClosed("destroy", options, () => this.#driver.destroy(options));
  }

  open(options: OperationOptions = noOptions): Promise<void> {
    const connect = async (): Promise<void> => {
      await this.#driver.open(options);
      // Opening may have told what the medium can do.
      this.#capabilities = Object.freeze({ ...this.#driver.capabilities });
    };
    return this.#gate.open(options, connect, () => this.#driver.close(noOptions));
  }

  close(options: OperationOptions = noOptions): Promise<void> {
    return this.#gate.close(options, {
      sync: async (given) => await this.#driver.sync?.(given),
      disconnect: (given) => this.#driver.close(given),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  mkdir(name: string, options: OperationOptions = noOptions): Promise<void> {
    return this.#call("mkdir", name, options, () => this.#driver.mkdir(name, options));
  }

  rmdir(name: string, options: OperationOptions = noOptions): Promise<void> {
    return this.#call("rmdir", name, options, () => this.#driver.rmdir(name, options));
  }

  info(name: string, options: OperationOptions = noOptions): Promise<ItemInfo> {
    return this.#call("info", name, options, () => this.#driver.info(name, options));
  }

  load(name: string, options: LoadOptions = noOptions): Promise<Uint8Array<ArrayBuffer>> {
    return this.#call("load", name, options, () => {
      if (options.offset !== undefined || options.size !== undefined) checkRange(options);
      return this.#driver.load(name, options);
    });
  }

  async *loadStream(
    name: string,
    options: LoadOptions = noOptions,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    this.#admit("loadStream", name, callSignal(options));
    if (options.offset !== undefined || options.size !== undefined) {
      this.#gate.check("loadStream", name, () => checkRange(options));
    }
    const start = (): AsyncIterable<Uint8Array<ArrayBuffer>> => streamPieces(this.#driver, name, options);
    yield* this.#gate.iterate("loadStream", name, callSignal(options), start);
  }

  store(name: string, value: ArrayBufferView, options: StoreOptions = noOptions): Promise<void> {
    return this.#call("store", name, options, () => {
      const bytes = value instanceof Uint8Array && value.byteLength > 0 ? value : toBytes(value);
      if (options.ifAbsent === true) this.#mustSupportIfAbsent("store", name);
      return this.#driver.store(name, bytes, options);
    });
  }

  async storeStream(name: string, source: StreamSource, options: StoreOptions = noOptions): Promise<void> {
    const signal = callSignal(options);
    this.#admit("storeStream", name, signal);
    if (options.ifAbsent === true) this.#mustSupportIfAbsent("storeStream", name);
    const pieces = this.#gate.check("storeStream", name, () => new WatchedSource(source, signal));
    try {
      await this.#gate.run("storeStream", name, signal, async () => {
        try {
          if (this.#driver.storeStream === undefined) {
            await storeStreamByBuffering(this.#driver, name, pieces, options);
          } else {
            await this.#driver.storeStream(name, pieces, options);
          }
        } finally {
          await pieces.release();
        }
      });
    } catch (error) {
      // The source is the caller's: its error goes back as it came, unless it was the abort's doing.
      throw pieces.failure === undefined || signal?.aborted === true ? error : pieces.failure.error;
    }
    // Should the driver have overlooked it.
    if (pieces.failure !== undefined) throw pieces.failure.error;
  }

  delete(name: string, options: OperationOptions = noOptions): Promise<void> {
    return this.#call("delete", name, options, () => this.#driver.delete(name, options));
  }

  async deleteMany(
    names: Iterable<string>,
    options: OperationOptions = noOptions,
  ): Promise<readonly DeleteResult[]> {
    const signal = callSignal(options);
    this.#admitNameless("deleteMany", signal);
    const all = this.#gate.check("deleteMany", undefined, () => nameList(names));
    for (const name of all) this.#admit("deleteMany", name, signal);
    if (all.length === 0) return [];
    const results = await this.#gate.run(
      "deleteMany",
      undefined,
      signal,
      () => this.#driver.deleteMany?.(all, options) ?? deleteManyOneByOne(this.#driver, all, options),
    );
    return results.map((result) =>
      result.error === undefined
        ? result
        : {
            name: result.name,
            error: this.#gate.translate(result.error, "deleteMany", result.name, undefined),
          },
    );
  }

  async move(name: string, newName: string, options: MoveOptions = noOptions): Promise<void> {
    this.#admit("move", name, callSignal(options));
    this.#admit("move", newName, callSignal(options));
    if (options.ifAbsent === true) this.#mustSupportIfAbsent("move", newName);
    await this.#gate.run("move", name, callSignal(options), () =>
      name === newName ? this.#moveOntoItself(name, options) : this.#driver.move(name, newName, options),
    );
  }

  async #moveOntoItself(name: string, options: MoveOptions): Promise<void> {
    const item = await this.#driver.info(name, options);
    if (!item.exists) throw new StoreError("NOT_FOUND", { key: name });
    if (item.isDirectory) throw new StoreError("IS_DIRECTORY", { key: name });
    if (options.ifAbsent === true) throw new StoreError("ALREADY_EXISTS", { key: name });
  }

  async *list(
    name: string,
    options: ListOptions = noOptions,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    const { recursive = false, sizes = true, signal } = options;
    // The root is listed too.
    if (name === "") this.#admitNameless("list", signal);
    else this.#admit("list", name, signal);
    const wanted = { sizes, signal };
    const start = (): AsyncIterable<readonly ItemInfo[]> =>
      recursive
        ? (this.#driver.listRecursively?.(name, wanted) ?? listByWalking(this.#driver, name, wanted))
        : this.#driver.list(name, wanted);
    try {
      for await (const page of this.#gate.iterate("list", name, signal, start)) {
        const visible = visibleItems(name, page);
        if (visible.length > 0) yield visible;
      }
    } catch (error) {
      // A missing directory is an empty one, but a missing root is a missing storage.
      if (!StoreError.is(error, "NOT_FOUND")) throw error;
      if (name === "") throw this.#gate.fail("BACKEND_NOT_FOUND", "list", name, error);
    }
  }

  async hash(
    name: string,
    algorithm: string = defaultHashAlgorithm,
    options: OperationOptions = noOptions,
  ): Promise<string> {
    this.#admit("hash", name, callSignal(options));
    const lowerCase = this.#gate.check("hash", name, () => checkAlgorithm(algorithm));
    return await this.#gate.run(
      "hash",
      name,
      callSignal(options),
      () =>
        this.#driver.hash?.(name, lowerCase, options) ??
        hashByLoading(this.#driver, name, lowerCase, options),
    );
  }

  async defrag(
    sources: readonly DefragSource[],
    target: DefragTarget,
    options: OperationOptions = noOptions,
  ): Promise<string> {
    this.#admitNameless("defrag", callSignal(options));
    const checked = this.#gate.check("defrag", undefined, () => checkDefrag(sources, target));
    const name = "name" in checked.target ? checked.target.name : checked.target.namespace;
    return await this.#gate.run(
      "defrag",
      name,
      callSignal(options),
      () =>
        this.#driver.defrag?.(checked.sources, checked.target, options) ??
        defragByLoading(this.#driver, checked.sources, checked.target, options),
    );
  }

  async quota(options: OperationOptions = noOptions): Promise<Quota> {
    this.#admitNameless("quota", callSignal(options));
    return await this.#gate.run(
      "quota",
      undefined,
      callSignal(options),
      async () => (await this.#driver.quota?.(options)) ?? { limit: -1, usage: -1 },
    );
  }

  async sync(options: OperationOptions = noOptions): Promise<void> {
    this.#admitNameless("sync", callSignal(options));
    await this.#gate.run(
      "sync",
      undefined,
      callSignal(options),
      async () => await this.#driver.sync?.(options),
    );
  }

  toString(): string {
    return `${this.name}(${this.#driver.describe?.() ?? ""})`;
  }

  /**
   * One operation on a name. Everything in one async function: each further one in between costs a promise and
   * turns of the microtask queue, which shows where the medium takes microseconds.
   *
   * @param work starts it at the driver. May throw, and may be done at once.
   */
  async #call<T>(
    operation: string,
    name: string,
    options: OperationOptions,
    work: () => Awaitable<T>,
  ): Promise<T> {
    const signal = callSignal(options);
    this.#admit(operation, name, signal);
    if (signal !== undefined) return await this.#gate.run(operation, name, signal, async () => await work());
    const session = this.#gate.enter();
    try {
      const result = work();
      return isPromise(result) ? await result : result;
    } catch (error) {
      throw this.#gate.translate(error, operation, name, undefined);
    } finally {
      session.leave();
    }
  }

  /** Checks that hold for every operation on a name, without I/O: the state, the name, the signal. */
  #admit(operation: string, name: string, signal: CallSignal | undefined): void {
    this.#gate.mustBeOpen(operation, name);
    // Callers without types may pass anything, also nothing.
    if (!isValidName(name)) this.#gate.check(operation, name, () => checkName(name));
    if (signal?.aborted === true) throw signal.reason;
  }

  /** The same for operations that have no name, or several. */
  #admitNameless(operation: string, signal: CallSignal | undefined): void {
    this.#gate.mustBeOpen(operation, undefined);
    if (signal?.aborted === true) throw signal.reason;
  }

  #mustSupportIfAbsent(operation: string, name: string): void {
    if (this.#capabilities.createIfAbsent !== false) return;
    this.#gate.check(operation, name, () => {
      throw new StoreError("UNSUPPORTED", {
        key: name,
        detail: "the medium cannot create a name only if it is absent",
      });
    });
  }
}

/** Not by `instanceof`: it may be of another realm. */
function isPromise<T>(result: Awaitable<T>): result is Promise<T> {
  return typeof (result as { readonly then?: unknown } | undefined)?.then === "function";
}

function nameList(names: Iterable<string>): readonly string[] {
  // A string is iterable too: its letters would be deleted.
  if (isIterable(names, Symbol.iterator)) return [...names];
  throw new StoreError("INVALID_ARGUMENT", {
    detail: "the names to delete are an array or another iterable of strings",
  });
}

/** Leaves out what could not be addressed: invalid components, and paths that are too long with the directory's. */
function visibleItems(directory: string, page: readonly ItemInfo[]): readonly ItemInfo[] {
  const room = directory === "" ? maxNameLength : maxNameLength - directory.length - 1;
  const isVisible = (item: ItemInfo): boolean => item.name.length <= room && isValidName(item.name);
  return page.every(isVisible) ? page : page.filter(isVisible);
}
