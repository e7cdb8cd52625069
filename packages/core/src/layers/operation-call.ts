import { withCallAbort, type CallAbort } from "../call-abort.ts";
import type {
  DefragSource,
  DefragTarget,
  ListOptions,
  LoadOptions,
  MoveOptions,
  OperationOptions,
  StoreOptions,
  StreamSource,
} from "../options.ts";

/** A call that concerns the storage as a whole. */
export interface StorageCall {
  readonly operation: "create" | "destroy" | "open" | "close" | "quota" | "sync";
  readonly options: OperationOptions;
}

/** A call that has a name and nothing more. */
export interface NameCall {
  readonly operation: "mkdir" | "rmdir" | "info" | "delete";
  readonly name: string;
  readonly options: OperationOptions;
}

/** A call of `load`. */
export interface LoadCall {
  readonly operation: "load";
  readonly name: string;
  readonly options: LoadOptions;
}

/** A call of `store`. */
export interface StoreCall {
  readonly operation: "store";
  readonly name: string;
  readonly value: ArrayBufferView;
  readonly options: StoreOptions;
}

/** A call of `storeStream`. */
export interface StoreStreamCall {
  readonly operation: "storeStream";
  readonly name: string;
  readonly source: StreamSource;
  readonly options: StoreOptions;
}

/** A call of `deleteMany`; the names are collected already. */
export interface DeleteManyCall {
  readonly operation: "deleteMany";
  readonly names: readonly string[];
  readonly options: OperationOptions;
}

/** A call of `move`. */
export interface MoveCall {
  readonly operation: "move";
  readonly name: string;
  readonly newName: string;
  readonly options: MoveOptions;
}

/** A call of `hash`; the default algorithm is filled in already. */
export interface HashCall {
  readonly operation: "hash";
  readonly name: string;
  readonly algorithm: string;
  readonly options: OperationOptions;
}

/** A call of `defrag`. */
export interface DefragCall {
  readonly operation: "defrag";
  readonly sources: readonly DefragSource[];
  readonly target: DefragTarget;
  readonly options: OperationOptions;
}

/** Any call that gives a promise, told apart by `operation`, which is the method's name. */
export type OperationCall =
  | StorageCall
  | NameCall
  | LoadCall
  | StoreCall
  | StoreStreamCall
  | DeleteManyCall
  | MoveCall
  | HashCall
  | DefragCall;

/** A call of `loadStream`. */
export interface LoadStreamCall {
  readonly operation: "loadStream";
  readonly name: string;
  readonly options: LoadOptions;
}

/** A call of `list`. */
export interface ListCall {
  readonly operation: "list";
  readonly name: string;
  readonly options: ListOptions;
}

/** Any call that gives an iteration. */
export type IterationCall = LoadStreamCall | ListCall;

/** Name of a method that a layer can come between. */
export type OperationName = (OperationCall | IterationCall)["operation"];

/** The same call with another signal. */
export function withSignal<C extends OperationCall | IterationCall>(call: C, signal: AbortSignal): C {
  return { ...call, options: { ...call.options, signal } };
}

/** The same call, ended by an abort of a layer as by a signal. */
export function withAbort<C extends OperationCall | IterationCall>(call: C, abort: CallAbort): C {
  return { ...call, options: withCallAbort(call.options, abort) };
}

/** Bytes of the value that a call hands over whole; 0 for what is no value, which is refused further down. */
export function storedByteLength(call: OperationCall): number {
  return call.operation === "store" && ArrayBuffer.isView(call.value) ? call.value.byteLength : 0;
}

/** The one name that a call is about, for errors and traces; none where it has several or none. */
export function nameOf(call: OperationCall | IterationCall): string | undefined {
  return "name" in call ? call.name : undefined;
}
