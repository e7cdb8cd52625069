import type { Backend } from "../backend.ts";
import type { Namespaces } from "./namespaces.ts";

/** The operations that a store counts and logs, by the names of its methods. */
export const storeOperationNames = [
  "create",
  "destroy",
  "open",
  "close",
  "info",
  "load",
  "loadStream",
  "store",
  "storeStream",
  "delete",
  "move",
  "softDelete",
  "undelete",
  "changeLevel",
  "list",
  "hash",
  "defrag",
  "quota",
  "sync",
] as const;

/** One of {@link storeOperationNames}. */
export type StoreOperationName = (typeof storeOperationNames)[number];

/** What operations work with. */
export interface OperationContext {
  readonly backend: Backend;
  readonly namespaces: Namespaces;
}

/** What recorder and error messages have to know of an operation. */
export interface OperationDescription<Options, Argument, Result> {
  readonly name: StoreOperationName;
  /** Bytes of values that went through it. */
  volume?(result: Result, argument: Argument): number;
  /** The call as the log shows it; without a result when it failed. */
  describe(name: string, options: Options, argument: Argument, result: Result | undefined): string;
  /** What the log says after the arrow, where that is not volume and time. */
  outcome?(result: Result): string;
  /** The second name of moves. */
  newName?(argument: Argument): string;
}

/**
 * One operation of a store as data, so that one wrapper measures, logs and fails all of them the same way
 * without a closure a call.
 */
export interface Operation<Options, Argument, Result> extends OperationDescription<
  Options,
  Argument,
  Result
> {
  /** Does it. May throw synchronously. */
  perform(context: OperationContext, name: string, options: Options, argument: Argument): Promise<Result>;
  /** Puts the result into the caller's words: cheaper than an asynchronous function around the call. */
  finish?(result: Result, name: string, options: Options): Result;
}
