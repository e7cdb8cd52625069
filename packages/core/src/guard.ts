import { raceAbort, throwIfAborted } from "./abort.ts";
import type { Backend } from "./backend.ts";
import { startSource, toBytes } from "./bytes.ts";
import type { Capabilities } from "./capabilities.ts";
import type { BackendDriver } from "./driver.ts";
import { annotateError, StoreError, type StoreErrorCode } from "./errors.ts";
import { defaultHashAlgorithm } from "./hashing.ts";
import { defragByLoading } from "./helpers/defrag-by-loading.ts";
import { deleteManyOneByOne } from "./helpers/delete-many-one-by-one.ts";
import { hashByLoading } from "./helpers/hash-by-loading.ts";
import { listByWalking } from "./helpers/list-by-walking.ts";
import { streamPieces } from "./helpers/load-stream-by-loading.ts";
import { storeStreamByBuffering } from "./helpers/store-stream-by-buffering.ts";
import type { ItemInfo } from "./item-info.ts";
import { checkName, isValidName, maxNameLength } from "./names.ts";
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

const noOptions: OperationOptions = Object.freeze({});

/**
 * Stands at the medium's door, whatever is stacked above: checks state, names and arguments before the driver
 * is called, makes aborts reject at once, and says in every error which backend, operation and name it was.
 */
export class GuardedBackend implements Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly #driver: BackendDriver;
  #state: "closed" | "open" | "closing" = "closed";
  #lifecycle: Promise<unknown> = Promise.resolve();
  #running = 0;
  #onIdle: (() => void) | undefined;

  constructor(driver: BackendDriver) {
    this.name = driver.name;
    this.capabilities = Object.freeze({ ...driver.capabilities });
    this.#driver = driver;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  create(options: OperationOptions = noOptions): Promise<void> {
    return this.#changeState("create", options, async () => {
      this.#mustBeClosed();
      await this.#driver.create(options);
    });
  }

  destroy(options: OperationOptions = noOptions): Promise<void> {
    return this.#changeState("destroy", options, async () => {
      this.#mustBeClosed();
      await this.#driver.destroy(options);
    });
  }

  open(options: OperationOptions = noOptions): Promise<void> {
    return this.#changeState("open", options, async () => {
      this.#mustBeClosed();
      await this.#driver.open(options);
      if (options.signal?.aborted === true) await this.#driver.close(noOptions);
      else this.#state = "open";
    });
  }

  close(options: OperationOptions = noOptions): Promise<void> {
    return this.#changeState("close", options, async () => {
      if (this.#state === "closed") return;
      this.#state = "closing";
      if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
      try {
        await this.#driver.sync?.(options);
      } finally {
        try {
          await this.#driver.close(options);
        } finally {
          this.#state = "closed";
        }
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async mkdir(name: string, options: OperationOptions = noOptions): Promise<void> {
    this.#admit("mkdir", name, options.signal);
    await this.#run("mkdir", name, options.signal, () => this.#driver.mkdir(name, options));
  }

  async rmdir(name: string, options: OperationOptions = noOptions): Promise<void> {
    this.#admit("rmdir", name, options.signal);
    await this.#run("rmdir", name, options.signal, () => this.#driver.rmdir(name, options));
  }

  async info(name: string, options: OperationOptions = noOptions): Promise<ItemInfo> {
    this.#admit("info", name, options.signal);
    return await this.#run("info", name, options.signal, () => this.#driver.info(name, options));
  }

  async load(name: string, options: LoadOptions = noOptions): Promise<Uint8Array<ArrayBuffer>> {
    this.#admit("load", name, options.signal);
    this.#check("load", name, () => checkRange(options));
    return await this.#run("load", name, options.signal, () => this.#driver.load(name, options));
  }

  async *loadStream(
    name: string,
    options: LoadOptions = noOptions,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    this.#admit("loadStream", name, options.signal);
    this.#check("loadStream", name, () => checkRange(options));
    yield* this.#iterate("loadStream", name, options.signal, streamPieces(this.#driver, name, options));
  }

  async store(name: string, value: ArrayBufferView, options: StoreOptions = noOptions): Promise<void> {
    this.#admit("store", name, options.signal);
    const bytes = value instanceof Uint8Array ? value : this.#check("store", name, () => toBytes(value));
    if (options.ifAbsent === true) this.#mustSupportIfAbsent("store", name);
    await this.#run("store", name, options.signal, () => this.#driver.store(name, bytes, options));
  }

  async storeStream(name: string, source: StreamSource, options: StoreOptions = noOptions): Promise<void> {
    this.#admit("storeStream", name, options.signal);
    if (options.ifAbsent === true) this.#mustSupportIfAbsent("storeStream", name);
    const pieces = this.#check("storeStream", name, () => startSource(source));
    let sourceFailure: { readonly error: unknown } | undefined;
    const watched = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for await (const piece of pieces) {
          throwIfAborted(options.signal);
          yield piece;
        }
      } catch (error) {
        sourceFailure = { error };
        throw error;
      }
    };
    try {
      await this.#run("storeStream", name, options.signal, async () => {
        if (this.#driver.storeStream === undefined) {
          await storeStreamByBuffering(this.#driver, name, watched(), options);
        } else {
          await this.#driver.storeStream(name, watched(), options);
        }
      });
    } catch (error) {
      // The source is the caller's: its error goes back as it came.
      throw sourceFailure === undefined ? error : sourceFailure.error;
    }
  }

  async delete(name: string, options: OperationOptions = noOptions): Promise<void> {
    this.#admit("delete", name, options.signal);
    await this.#run("delete", name, options.signal, () => this.#driver.delete(name, options));
  }

  async deleteMany(
    names: Iterable<string>,
    options: OperationOptions = noOptions,
  ): Promise<readonly DeleteResult[]> {
    const all = [...names];
    for (const name of all) this.#admit("deleteMany", name, options.signal);
    if (all.length === 0) this.#mustBeOpen("deleteMany", undefined);
    const results = await this.#run(
      "deleteMany",
      undefined,
      options.signal,
      () => this.#driver.deleteMany?.(all, options) ?? deleteManyOneByOne(this.#driver, all, options),
    );
    for (const { name, error } of results) {
      if (StoreError.is(error)) this.#annotate(error, "deleteMany", name);
    }
    return results;
  }

  async move(name: string, newName: string, options: MoveOptions = noOptions): Promise<void> {
    this.#admit("move", name, options.signal);
    this.#check("move", newName, () => checkName(newName));
    if (options.ifAbsent === true) this.#mustSupportIfAbsent("move", newName);
    await this.#run("move", name, options.signal, () =>
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
    if (name === "") {
      this.#mustBeOpen("list", name);
      throwIfAborted(options.signal);
    } else {
      this.#admit("list", name, options.signal);
    }
    const wanted = { sizes: options.sizes ?? true, signal: options.signal };
    const pages =
      options.recursive === true
        ? (this.#driver.listRecursively?.(name, wanted) ?? listByWalking(this.#driver, name, wanted))
        : this.#driver.list(name, wanted);
    try {
      for await (const page of this.#iterate("list", name, options.signal, pages)) {
        const visible = visibleItems(name, page);
        if (visible.length > 0) yield visible;
      }
    } catch (error) {
      // A missing directory is an empty one, but a missing root is a missing storage.
      if (!StoreError.is(error, "NOT_FOUND")) throw error;
      if (name === "") throw this.#fail("BACKEND_NOT_FOUND", "list", name, error);
    }
  }

  async hash(
    name: string,
    algorithm: string = defaultHashAlgorithm,
    options: OperationOptions = noOptions,
  ): Promise<string> {
    this.#admit("hash", name, options.signal);
    return await this.#run(
      "hash",
      name,
      options.signal,
      () =>
        this.#driver.hash?.(name, algorithm, options) ??
        hashByLoading(this.#driver, name, algorithm, options),
    );
  }

  async defrag(
    sources: readonly DefragSource[],
    target: DefragTarget,
    options: OperationOptions = noOptions,
  ): Promise<string> {
    this.#mustBeOpen("defrag", undefined);
    const targetName = "name" in target ? target.name : target.namespace;
    if (targetName !== "" || "name" in target) this.#admit("defrag", targetName, options.signal);
    for (const source of sources) {
      this.#admit("defrag", source.name, options.signal);
      this.#check("defrag", source.name, () => checkRange(source));
    }
    return await this.#run(
      "defrag",
      targetName,
      options.signal,
      () =>
        this.#driver.defrag?.(sources, target, options) ??
        defragByLoading(this.#driver, sources, target, options),
    );
  }

  async quota(options: OperationOptions = noOptions): Promise<Quota> {
    this.#mustBeOpen("quota", undefined);
    return await this.#run(
      "quota",
      undefined,
      options.signal,
      async () => (await this.#driver.quota?.(options)) ?? { limit: -1, usage: -1 },
    );
  }

  async sync(options: OperationOptions = noOptions): Promise<void> {
    this.#mustBeOpen("sync", undefined);
    await this.#run("sync", undefined, options.signal, async () => await this.#driver.sync?.(options));
  }

  toString(): string {
    return `${this.name}(${this.#driver.describe?.() ?? ""})`;
  }

  /** Checks that hold for every operation on a name, without I/O. */
  #admit(operation: string, name: string, signal: AbortSignal | undefined): void {
    if (this.#state !== "open") throw this.#fail("NOT_OPEN", operation, name);
    if (!isValidName(name)) this.#check(operation, name, () => checkName(name));
    if (signal !== undefined) throwIfAborted(signal);
  }

  #mustBeOpen(operation: string, name: string | undefined): void {
    if (this.#state !== "open") throw this.#fail("NOT_OPEN", operation, name);
  }

  #mustBeClosed(): void {
    if (this.#state !== "closed") throw new StoreError("ALREADY_OPEN");
  }

  #mustSupportIfAbsent(operation: string, name: string): void {
    if (this.capabilities.createIfAbsent !== false) return;
    throw this.#annotate(
      new StoreError("UNSUPPORTED", {
        key: name,
        detail: "the medium cannot create a name only if it is absent",
      }),
      operation,
      name,
    );
  }

  #check<T>(operation: string, name: string, check: () => T): T {
    try {
      return check();
    } catch (error) {
      throw this.#translate(error, operation, name, undefined);
    }
  }

  /** One operation at the driver; counted until the driver is done with it, also after an abort. */
  async #run<T>(
    operation: string,
    name: string | undefined,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    this.#running++;
    if (signal === undefined) {
      try {
        return await work();
      } catch (error) {
        throw this.#translate(error, operation, name, signal);
      } finally {
        this.#leave();
      }
    }
    try {
      throwIfAborted(signal);
    } catch (reason) {
      this.#leave();
      throw reason;
    }
    const counted = async (): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        throw this.#translate(error, operation, name, signal);
      } finally {
        this.#leave();
      }
    };
    return await raceAbort(counted(), signal);
  }

  #leave(): void {
    this.#running--;
    if (this.#running === 0 && this.#onIdle !== undefined) {
      const onIdle = this.#onIdle;
      this.#onIdle = undefined;
      onIdle();
    }
  }

  /** Pages or pieces from the driver; each step is one operation, nothing is counted between the steps. */
  async *#iterate<T>(
    operation: string,
    name: string,
    signal: AbortSignal | undefined,
    steps: AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    const iterator = steps[Symbol.asyncIterator]();
    let finished = false;
    try {
      while (true) {
        this.#mustBeOpen(operation, name);
        const step = await this.#run(operation, name, signal, () => iterator.next());
        if (step.done === true) {
          finished = true;
          return;
        }
        yield step.value;
      }
    } finally {
      if (!finished) {
        const released = iterator.return?.();
        // After an abort the driver may still be at a step: it is released when that ends.
        if (signal?.aborted === true) released?.catch(() => undefined);
        else await released;
      }
    }
  }

  /** Runs lifecycle calls one after the other. */
  async #changeState(operation: string, options: OperationOptions, work: () => Promise<void>): Promise<void> {
    const { signal } = options;
    throwIfAborted(signal);
    const turn = this.#lifecycle.then(async () => {
      throwIfAborted(signal);
      try {
        await work();
      } catch (error) {
        throw this.#translate(error, operation, undefined, signal);
      }
    });
    this.#lifecycle = turn.catch(() => undefined);
    await raceAbort(turn, signal);
    throwIfAborted(signal);
  }

  #translate(
    error: unknown,
    operation: string,
    name: string | undefined,
    signal: AbortSignal | undefined,
  ): unknown {
    if (signal?.aborted === true) return signal.reason;
    if (StoreError.is(error)) return this.#annotate(error, operation, name);
    return this.#fail("UNEXPECTED", operation, name, error);
  }

  #fail(code: StoreErrorCode, operation: string, name: string | undefined, cause?: unknown): StoreError {
    const context = { backend: this.name, operation, key: name };
    return new StoreError(code, cause === undefined ? context : { ...context, cause });
  }

  #annotate(error: StoreError, operation: string, key: string | undefined): StoreError {
    return annotateError(error, { backend: this.name, operation, key });
  }
}

/** Leaves out what could not be addressed: invalid components, and paths that are too long with the directory's. */
function visibleItems(directory: string, page: readonly ItemInfo[]): readonly ItemInfo[] {
  const room = directory === "" ? maxNameLength : maxNameLength - directory.length - 1;
  const isVisible = (item: ItemInfo): boolean => item.name.length <= room && isValidName(item.name);
  return page.every(isVisible) ? page : page.filter(isVisible);
}
