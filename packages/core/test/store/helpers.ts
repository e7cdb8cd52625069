import { expect } from "vitest";
import {
  defineBackend,
  intercept,
  memoryBackend,
  MemoryStorage,
  Store,
  StoreError,
  type Backend,
  type Capabilities,
  type NamespacesConfig,
  type StoreConfig,
  type StoreErrorCode,
} from "../../src/index.ts";
import { MemoryDriver } from "../../src/memory/memory-driver.ts";

export function bytes(characters: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(characters);
}

export function text(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

/** An open store over memory, the names on its medium, and the calls that reach its backend. */
export interface Bench {
  readonly store: Store;
  readonly storage: MemoryStorage;
  readonly backend: Backend;
  /** E.g. `load data/01/23/0123`. */
  readonly calls: string[];
  /** Names on the medium, in order. */
  readonly places: () => string[];
}

export async function openBench(
  namespaces: NamespacesConfig,
  config: Omit<Partial<StoreConfig>, "namespaces"> = {},
): Promise<Bench> {
  const storage = new MemoryStorage();
  const calls: string[] = [];
  const inner = config.backend ?? memoryBackend({ storage });
  const backend = countCalls(inner, calls);
  const store = new Store({ ...config, backend, namespaces });
  await store.create();
  await store.open();
  calls.length = 0;
  return { store, storage, backend, calls, places: () => [...storage.objects.keys()].sort() };
}

/** Notes every call that passes. */
function countCalls(backend: Backend, calls: string[]): Backend {
  return intercept(backend, {
    label: "count",
    call(call, next) {
      calls.push("name" in call ? `${call.operation} ${call.name}` : call.operation);
      return next(call);
    },
    async *iterate(call, next) {
      calls.push(`${call.operation} ${call.name}`);
      yield* next(call);
    },
  });
}

/** A memory backend with other capabilities than it has. */
export function limitedMemory(storage: MemoryStorage, capabilities: Partial<Capabilities>): Backend {
  const driver = new MemoryDriver(storage, true, Date.now);
  Object.assign(driver, { capabilities: { ...driver.capabilities, ...capabilities } });
  return defineBackend(driver);
}

/** Puts something on the medium past the store. */
export async function plant(backend: Backend, ...names: string[]): Promise<void> {
  for (const name of names) await backend.store(name, bytes(`at ${name}`));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function namesOf(items: AsyncIterable<{ readonly name: string }>): Promise<string[]> {
  return (await collect(items)).map(({ name }) => name);
}

/** The error of a call that must fail with a StoreError of this code. */
export async function failure(promise: Promise<unknown>, code: StoreErrorCode): Promise<StoreError> {
  const error: unknown = await promise.then(
    () => expect.fail("it should have failed"),
    (reason: unknown) => reason,
  );
  if (!StoreError.is(error)) throw error;
  expect(error.code).toBe(code);
  return error;
}
