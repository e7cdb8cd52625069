import type { Backend, BackendDriver, OperationOptions } from "../../src/index.ts";
import { MemoryStorage } from "../../src/index.ts";
import { MemoryDriver } from "../../src/memory/memory-driver.ts";

/** A promise that is settled from outside. */
export interface Gate<T = void> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function makeGate<T = void>(): Gate<T> {
  const settle: { resolve?: (value: T) => void; reject?: (error: unknown) => void } = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(settle, { resolve, reject }));
  return { promise, ...settle } as Gate<T>;
}

/** A promise for work that never ends by itself. */
export function never<T = never>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

/** Lets everything that is ready run, including what the event loop has queued. */
export function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export interface TestDriver extends BackendDriver {
  /** Every call that reached the driver, as `operation name`. */
  readonly calls: string[];
}

/** A driver over memory that notes its calls and does what the overrides say instead. */
export function makeTestDriver(overrides: Partial<BackendDriver> = {}): TestDriver {
  const storage = new MemoryStorage();
  storage.exists = true;
  const memory = new MemoryDriver(storage, true, () => 0);
  const calls: string[] = [];
  const all: BackendDriver = {
    name: "test",
    capabilities: memory.capabilities,
    create: () => memory.create(),
    destroy: () => memory.destroy(),
    open: () => memory.open(),
    close: () => memory.close(),
    mkdir: (name) => memory.mkdir(name),
    rmdir: (name) => memory.rmdir(name),
    info: (name) => memory.info(name),
    load: (name, options) => memory.load(name, options),
    store: (name, value, options) => memory.store(name, value, options),
    delete: (name) => memory.delete(name),
    move: (name, newName, options) => memory.move(name, newName, options),
    list: (name, options) => memory.list(name, options),
    ...overrides,
  };
  const noted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(all)) {
    noted[key] =
      typeof value !== "function" || key === "hashers" || key === "describe"
        ? value
        : (...parameters: unknown[]) => {
            calls.push(typeof parameters[0] === "string" ? `${key} ${parameters[0]}` : key);
            return (value as (...given: unknown[]) => unknown)(...parameters);
          };
  }
  return Object.assign(noted as unknown as BackendDriver, { calls });
}

/** A driver whose object operations all start and never end. */
export function makeHangingDriver(overrides: Partial<BackendDriver> = {}): TestDriver {
  return makeTestDriver({
    mkdir: () => never(),
    rmdir: () => never(),
    info: () => never(),
    load: () => never(),
    store: () => never(),
    delete: () => never(),
    move: () => never(),
    // eslint-disable-next-line require-yield -- it hangs before it could
    async *list() {
      await never();
    },
    quota: () => never(),
    sync: () => never(),
    ...overrides,
  });
}

export async function drain<T>(steps: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

/** Every operation that needs an open backend, with arguments that are all right. */
export const operations: readonly (readonly [
  string,
  (backend: Backend, options?: OperationOptions) => Promise<unknown>,
])[] = [
  ["mkdir", (backend, options) => backend.mkdir("data/d", options)],
  ["rmdir", (backend, options) => backend.rmdir("data/d", options)],
  ["info", (backend, options) => backend.info("data/a", options)],
  ["load", (backend, options) => backend.load("data/a", options)],
  ["loadStream", (backend, options) => drain(backend.loadStream("data/a", options))],
  ["store", (backend, options) => backend.store("data/a", new Uint8Array(3), options)],
  ["storeStream", (backend, options) => backend.storeStream("data/a", [new Uint8Array(3)], options)],
  ["delete", (backend, options) => backend.delete("data/a", options)],
  ["deleteMany", (backend, options) => backend.deleteMany(["data/a", "data/b"], options)],
  ["move", (backend, options) => backend.move("data/a", "data/b", options)],
  ["list", (backend, options) => drain(backend.list("data", options))],
  ["list", (backend, options) => drain(backend.list("data", { ...options, recursive: true }))],
  ["hash", (backend, options) => backend.hash("data/a", "sha256", options)],
  [
    "defrag",
    (backend, options) =>
      backend.defrag([{ name: "data/a", offset: 0, size: 1 }], { name: "data/b" }, options),
  ],
  ["quota", (backend, options) => backend.quota(options)],
  ["sync", (backend, options) => backend.sync(options)],
];
