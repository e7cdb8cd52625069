import type { Backend } from "@borgstore/core";

/** The methods of a backend that return promises. */
export type PromiseOperation =
  | "create"
  | "destroy"
  | "open"
  | "close"
  | "mkdir"
  | "rmdir"
  | "info"
  | "load"
  | "store"
  | "storeStream"
  | "delete"
  | "deleteMany"
  | "move"
  | "hash"
  | "defrag"
  | "quota"
  | "sync";

/** The methods of a backend that return something to iterate over. */
export type StreamOperation = "loadStream" | "list";

/** Every method of a backend. */
export type BackendOperation = PromiseOperation | StreamOperation;

/** What shall happen around the calls of a backend; what is left out is passed on as it is. */
export interface Around {
  /** Gets each call that returns a promise; `proceed` makes the call. */
  call?<T>(operation: PromiseOperation, args: readonly unknown[], proceed: () => Promise<T>): Promise<T>;
  /** Gets each call that returns an iterable; `proceed` makes the call. */
  iterate?<T>(
    operation: StreamOperation,
    args: readonly unknown[],
    proceed: () => AsyncIterable<T>,
  ): AsyncIterable<T>;
}

/** A backend that passes every call to `inner`, through `around`. Disposing it is a `close` like any other. */
export function aroundBackend(inner: Backend, around: Around): Backend {
  const call = <T>(
    operation: PromiseOperation,
    args: readonly unknown[],
    proceed: () => Promise<T>,
  ): Promise<T> => (around.call === undefined ? proceed() : around.call(operation, args, proceed));
  const iterate = <T>(
    operation: StreamOperation,
    args: readonly unknown[],
    proceed: () => AsyncIterable<T>,
  ): AsyncIterable<T> =>
    around.iterate === undefined ? proceed() : around.iterate(operation, args, proceed);
  const outer: Backend = {
    name: inner.name,
    capabilities: inner.capabilities,
    get isOpen() {
      return inner.isOpen;
    },
    create: (...args) => call("create", args, () => inner.create(...args)),
    destroy: (...args) => call("destroy", args, () => inner.destroy(...args)),
    open: (...args) => call("open", args, () => inner.open(...args)),
    close: (...args) => call("close", args, () => inner.close(...args)),
    mkdir: (...args) => call("mkdir", args, () => inner.mkdir(...args)),
    rmdir: (...args) => call("rmdir", args, () => inner.rmdir(...args)),
    info: (...args) => call("info", args, () => inner.info(...args)),
    load: (...args) => call("load", args, () => inner.load(...args)),
    loadStream: (...args) => iterate("loadStream", args, () => inner.loadStream(...args)),
    store: (...args) => call("store", args, () => inner.store(...args)),
    storeStream: (...args) => call("storeStream", args, () => inner.storeStream(...args)),
    delete: (...args) => call("delete", args, () => inner.delete(...args)),
    deleteMany: (...args) => call("deleteMany", args, () => inner.deleteMany(...args)),
    move: (...args) => call("move", args, () => inner.move(...args)),
    list: (...args) => iterate("list", args, () => inner.list(...args)),
    hash: (...args) => call("hash", args, () => inner.hash(...args)),
    defrag: (...args) => call("defrag", args, () => inner.defrag(...args)),
    quota: (...args) => call("quota", args, () => inner.quota(...args)),
    sync: (...args) => call("sync", args, () => inner.sync(...args)),
    toString: () => inner.toString(),
    [Symbol.asyncDispose]: () => outer.close(),
  };
  return outer;
}
