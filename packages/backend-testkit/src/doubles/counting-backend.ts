import type { Backend } from "@borgstore/core";
import { aroundBackend, type BackendOperation } from "./around-backend.ts";

/** How often each operation was called; what never was is 0. */
export type CallCounts = Readonly<Record<BackendOperation, number>>;

/** A backend that counts its calls. */
export interface CountingBackend extends Backend {
  /** Calls since the start or the last `reset`; a listing or stream counts once, when it is asked for. */
  readonly calls: CallCounts;
  /** Sets all counts to 0. */
  reset(): void;
}

const operations: readonly BackendOperation[] = [
  "create",
  "destroy",
  "open",
  "close",
  "mkdir",
  "rmdir",
  "info",
  "load",
  "loadStream",
  "store",
  "storeStream",
  "delete",
  "deleteMany",
  "move",
  "list",
  "hash",
  "defrag",
  "quota",
  "sync",
];

/** Passes every call to `inner` and counts it, whether it succeeds or not. */
export function countingBackend(inner: Backend): CountingBackend {
  const calls = {} as Record<BackendOperation, number>;
  const reset = (): void => {
    for (const operation of operations) calls[operation] = 0;
  };
  reset();
  const backend = aroundBackend(inner, {
    call: (operation, _args, proceed) => {
      calls[operation]++;
      return proceed();
    },
    iterate: (operation, _args, proceed) => {
      calls[operation]++;
      return proceed();
    },
  });
  return Object.assign(backend, { calls, reset });
}
