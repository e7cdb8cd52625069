import type { Backend } from "../backend.ts";
import { isIterable } from "../bytes.ts";
import type { Capabilities } from "../capabilities.ts";
import { StoreError, type StoreErrorCode } from "../errors.ts";
import { defaultHashAlgorithm } from "../hashing.ts";
import type { ItemInfo } from "../item-info.ts";
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
} from "../options.ts";
import { nameOf, type DeleteManyCall, type IterationCall, type OperationCall } from "./operation-call.ts";

/**
 * What a layer does around the calls that pass through it. Both methods get the call as data and `next`, which
 * carries it out below: once, several times, not at all, or with other arguments (`next({ ...call, … })`, the
 * operation must stay the same).
 */
export interface Interceptor {
  /** Short name of the layer, for `toString`. */
  readonly label: string;
  /** Comes around every operation that gives a promise. `T` is the operation's result. */
  call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T>;
  /**
   * Comes around `list` (`T` is a page) and `loadStream` (`T` is a piece). Called when the first step is asked
   * for. A layer that stops early must call `return` of the iteration below.
   */
  iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>): AsyncIterable<T>;
}

/**
 * Puts a layer on a backend. Every layer is made with this, so that forwarding is written once, and a method
 * that is added to `Backend` is a compile error here until layers see it.
 */
export function intercept(inner: Backend, interceptor: Interceptor): Backend {
  return new InterceptedBackend(inner, interceptor);
}

/** An error that a layer raises about a call. */
export function callError(
  code: StoreErrorCode,
  backend: Backend,
  call: OperationCall | IterationCall,
  detail: string,
  key: string | undefined = nameOf(call),
): StoreError {
  return new StoreError(code, { backend: backend.name, operation: call.operation, key, detail });
}

const noOptions: OperationOptions = Object.freeze({});

class InterceptedBackend implements Backend {
  readonly name: string;
  readonly #inner: Backend;
  readonly #interceptor: Interceptor;

  constructor(inner: Backend, interceptor: Interceptor) {
    this.name = inner.name;
    this.#inner = inner;
    this.#interceptor = interceptor;
  }

  get capabilities(): Capabilities {
    return this.#inner.capabilities;
  }

  get isOpen(): boolean {
    return this.#inner.isOpen;
  }

  create(options: OperationOptions = noOptions): Promise<void> {
    return this.#call({ operation: "create", options }, (call) => this.#inner.create(call.options));
  }

  destroy(options: OperationOptions = noOptions): Promise<void> {
    return this.#call({ operation: "destroy", options }, (call) => this.#inner.destroy(call.options));
  }

  open(options: OperationOptions = noOptions): Promise<void> {
    return this.#call({ operation: "open", options }, (call) => this.#inner.open(call.options));
  }

  close(options: OperationOptions = noOptions): Promise<void> {
    return this.#call({ operation: "close", options }, (call) => this.#inner.close(call.options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  mkdir(name: string, options: OperationOptions = noOptions): Promise<void> {
    return this.#call({ operation: "mkdir", name, options }, (call) =>
      this.#inner.mkdir(call.name, call.options),
    );
  }

  rmdir(name: string, options: OperationOptions = noOptions): Promise<void> {
    return this.#call({ operation: "rmdir", name, options }, (call) =>
      this.#inner.rmdir(call.name, call.options),
    );
  }

  info(name: string, options: OperationOptions = noOptions): Promise<ItemInfo> {
    return this.#call({ operation: "info", name, options }, (call) =>
      this.#inner.info(call.name, call.options),
    );
  }

  load(name: string, options: LoadOptions = noOptions): Promise<Uint8Array<ArrayBuffer>> {
    return this.#call({ operation: "load", name, options }, (call) =>
      this.#inner.load(call.name, call.options),
    );
  }

  loadStream(name: string, options: LoadOptions = noOptions): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#iterate({ operation: "loadStream", name, options }, (call) =>
      this.#inner.loadStream(call.name, call.options),
    );
  }

  store(name: string, value: ArrayBufferView, options: StoreOptions = noOptions): Promise<void> {
    return this.#call({ operation: "store", name, value, options }, (call) =>
      this.#inner.store(call.name, call.value, call.options),
    );
  }

  storeStream(name: string, source: StreamSource, options: StoreOptions = noOptions): Promise<void> {
    return this.#call({ operation: "storeStream", name, source, options }, (call) =>
      this.#inner.storeStream(call.name, call.source, call.options),
    );
  }

  delete(name: string, options: OperationOptions = noOptions): Promise<void> {
    return this.#call({ operation: "delete", name, options }, (call) =>
      this.#inner.delete(call.name, call.options),
    );
  }

  async deleteMany(
    names: Iterable<string>,
    options: OperationOptions = noOptions,
  ): Promise<readonly DeleteResult[]> {
    // A string is iterable too, but its letters are no names.
    const list = isIterable(names, Symbol.iterator) ? [...names] : undefined;
    const named: DeleteManyCall = { operation: "deleteMany", names: list ?? [], options };
    if (list === undefined) {
      throw callError("INVALID_ARGUMENT", this.#inner, named, "the names are an iterable of strings");
    }
    return await this.#call(named, (call) => this.#inner.deleteMany(call.names, call.options));
  }

  move(name: string, newName: string, options: MoveOptions = noOptions): Promise<void> {
    return this.#call({ operation: "move", name, newName, options }, (call) =>
      this.#inner.move(call.name, call.newName, call.options),
    );
  }

  list(name: string, options: ListOptions = noOptions): AsyncIterable<readonly ItemInfo[]> {
    return this.#iterate({ operation: "list", name, options }, (call) =>
      this.#inner.list(call.name, call.options),
    );
  }

  hash(
    name: string,
    algorithm: string = defaultHashAlgorithm,
    options: OperationOptions = noOptions,
  ): Promise<string> {
    return this.#call({ operation: "hash", name, algorithm, options }, (call) =>
      this.#inner.hash(call.name, call.algorithm, call.options),
    );
  }

  defrag(
    sources: readonly DefragSource[],
    target: DefragTarget,
    options: OperationOptions = noOptions,
  ): Promise<string> {
    return this.#call({ operation: "defrag", sources, target, options }, (call) =>
      this.#inner.defrag(call.sources, call.target, call.options),
    );
  }

  quota(options: OperationOptions = noOptions): Promise<Quota> {
    return this.#call({ operation: "quota", options }, (call) => this.#inner.quota(call.options));
  }

  sync(options: OperationOptions = noOptions): Promise<void> {
    return this.#call({ operation: "sync", options }, (call) => this.#inner.sync(call.options));
  }

  toString(): string {
    return `${this.#interceptor.label}(${this.#inner.toString()})`;
  }

  /** Asynchronous, so that nothing an interceptor does can throw synchronously. */
  async #call<C extends OperationCall, T>(call: C, next: (call: C) => Promise<T>): Promise<T> {
    // Interceptors keep the operation, so what they pass on is a C again.
    return await this.#interceptor.call(call, next as (call: OperationCall) => Promise<T>);
  }

  /** A generator, so that nothing happens before the first step, whatever the interceptor does. */
  async *#iterate<C extends IterationCall, T>(
    call: C,
    next: (call: C) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    yield* this.#interceptor.iterate(call, next as (call: IterationCall) => AsyncIterable<T>);
  }
}
