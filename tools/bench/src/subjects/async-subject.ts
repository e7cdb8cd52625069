import { callOf, type KeyOperation, type OpenSubject, type Subject } from "./subject.ts";

/** The calls of an asynchronous store, by key. */
export interface AsyncCalls {
  store(key: string, value: Uint8Array): Promise<unknown>;
  load(key: string): Promise<Uint8Array>;
  /** The size in bytes, or from a store that does not know sizes only whether there is something. */
  info?(key: string): Promise<boolean | { readonly size: number }>;
  delete(key: string): Promise<unknown>;
  /** Number of items. */
  list?(): Promise<number>;
  close?(): Promise<void>;
}

/** Makes a subject of asynchronous calls. What they return is checked, so that nobody is fast by doing nothing. */
export function asyncSubject(name: string, open: (directory: string) => Promise<AsyncCalls>): Subject {
  return {
    name,
    concurrent: true,
    inProcess: true,
    open: async (directory) => openCalls(name, await open(directory)),
  };
}

function openCalls(name: string, calls: AsyncCalls): OpenSubject {
  return {
    has: (operation) =>
      operation === "list" ? calls.list !== undefined : calls[callOf(operation)] !== undefined,
    run: async (operation, keys, value, concurrency) => {
      const call = bindCall(name, calls, operation, value);
      const isRight = checkOf(operation, value.byteLength);
      const start = performance.now();
      await callForEach(keys, concurrency, call, (result) => {
        if (!isRight(result)) throw new Error(`${name}: ${operation} gave a wrong result`);
      });
      return performance.now() - start;
    },
    list: async () => {
      if (calls.list === undefined) throw new Error(`${name} cannot list`);
      const start = performance.now();
      const count = await calls.list();
      return { count, ms: performance.now() - start };
    },
    close: async () => await calls.close?.(),
  };
}

/** The call as it is: nothing around it that would be charged to the subject. */
function bindCall(
  name: string,
  calls: AsyncCalls,
  operation: KeyOperation,
  value: Uint8Array,
): (key: string) => Promise<unknown> {
  const call = callOf(operation);
  if (call === "store") return (key) => calls.store(key, value);
  const method = calls[call]?.bind(calls);
  if (method === undefined) throw new Error(`${name} has no ${call}`);
  return method;
}

function checkOf(operation: KeyOperation, byteLength: number): (result: unknown) => boolean {
  const call = callOf(operation);
  if (call === "load") return (result) => (result as Uint8Array).byteLength === byteLength;
  if (call === "info") return (result) => result === true || (result as { size: number }).size === byteLength;
  return () => true;
}

/** Calls with one key after the other, by so many callers at a time, and hands each result to `check`. */
export async function callForEach<T>(
  keys: readonly string[],
  callers: number,
  call: (key: string) => Promise<T>,
  check: (result: T) => void,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < keys.length) check(await call(keys[next++] as string));
  };
  if (callers === 1) await caller();
  else await Promise.all(Array.from({ length: callers }, caller));
}
