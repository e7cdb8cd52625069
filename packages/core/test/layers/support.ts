import type { Backend } from "../../src/backend.ts";
import type { Capabilities } from "../../src/capabilities.ts";
import { defineBackend } from "../../src/define-backend.ts";
import type { BackendDriver } from "../../src/driver.ts";
import { StoreError, type StoreErrorCode } from "../../src/errors.ts";
import type { ItemInfo } from "../../src/item-info.ts";
import { intercept } from "../../src/layers/intercept.ts";
import type { IterationCall, OperationCall, OperationName } from "../../src/layers/operation-call.ts";
import { MemoryDriver } from "../../src/memory/memory-driver.ts";
import { MemoryStorage } from "../../src/memory/memory-storage.ts";

/** An open memory backend; `driver` puts other methods in place of the memory driver's own. */
export async function openMemory(
  capabilities: Partial<Capabilities> = {},
  change: (driver: BackendDriver) => Partial<BackendDriver> = () => ({}),
): Promise<Backend> {
  const memory = new MemoryDriver(new MemoryStorage(), true, Date.now);
  const driver: BackendDriver = Object.assign(Object.create(memory) as BackendDriver, {
    capabilities: { ...memory.capabilities, ...capabilities },
  });
  // Private fields belong to the memory driver itself.
  for (const method of [
    "create",
    "destroy",
    "open",
    "close",
    "mkdir",
    "rmdir",
    "info",
    "load",
    "store",
    "delete",
    "move",
    "list",
    "listRecursively",
  ] as const) {
    Object.assign(driver, { [method]: memory[method].bind(memory) });
  }
  Object.assign(driver, change(memory));
  const backend = defineBackend(driver);
  await backend.create();
  await backend.open();
  return backend;
}

/** One failure of a backend: of the first call of `operation` that comes, before or after it was carried out. */
export interface Fault {
  readonly operation: OperationName;
  readonly code?: StoreErrorCode;
  /** `after`: the work is done and the answer is lost. For iterations: after this many steps. */
  readonly when?: "before" | "after" | number;
  /** Whether the error says that nothing was sent. */
  readonly unsent?: boolean;
}

/** A backend that fails by a script, and keeps what it was asked in `calls`. */
export function withScript(inner: Backend, script: readonly Fault[]): Backend & { calls: OperationName[] } {
  const open = [...script];
  const calls: OperationName[] = [];
  const take = (operation: OperationName): Fault | undefined => {
    calls.push(operation);
    const at = open.findIndex((fault) => fault.operation === operation);
    return at === -1 ? undefined : open.splice(at, 1)[0];
  };
  const backend = intercept(inner, {
    label: "script",
    async call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T> {
      const fault = take(call.operation);
      if (fault === undefined) return await next(call);
      if (fault.when === "after") await next(call);
      throw new StoreError(fault.code ?? "CONNECTION", {
        operation: call.operation,
        unsent: fault.unsent,
      });
    },
    async *iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>) {
      const fault = take(call.operation);
      let left = typeof fault?.when === "number" ? fault.when : 0;
      for await (const step of next(call)) {
        if (fault !== undefined && left-- === 0) throw new StoreError(fault.code ?? "CONNECTION");
        yield step;
      }
    },
  });
  return Object.assign(backend, { calls });
}

/** A clock that only goes on when somebody sleeps. */
export class FakeClock {
  ms = 0;
  readonly sleeps: number[] = [];
  readonly now = (): number => this.ms;
  readonly sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.ms += ms;
  };
}

/** A signal that counts its listeners. */
export function countingSignal(): {
  signal: AbortSignal;
  abort: (reason: unknown) => void;
  listeners: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (type: "abort", listener: () => void, options?: { once: boolean }) => {
      listeners.add(listener);
      add(type, listener, options);
    },
    removeEventListener: (type: "abort", listener: () => void) => {
      listeners.delete(listener);
      remove(type, listener);
    },
  });
  return { signal, abort: (reason) => controller.abort(reason), listeners: () => listeners.size };
}

export function bytes(from: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(from);
}

export function text(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

export async function listNames(pages: AsyncIterable<readonly ItemInfo[]>): Promise<string[]> {
  const names: string[] = [];
  for await (const page of pages) names.push(...page.map((item) => item.name));
  return names;
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  let whole = "";
  for await (const piece of pieces) whole += text(piece);
  return whole;
}
