import type { Backend } from "../backend.ts";
import { defineBackend } from "../define-backend.ts";
import { StoreError } from "../errors.ts";
import type { BackendProvider } from "../provider.ts";
import { MemoryDriver } from "./memory-driver.ts";
import { MemoryStorage } from "./memory-storage.ts";

/** Options of the memory backend. */
export interface MemoryBackendOptions {
  /**
   * Where the objects live; share one to have several clients of one storage.
   *
   * @default a new one, or the one of that name for a URL with a name
   */
  readonly storage?: MemoryStorage;
  /**
   * `false` models media that know only prefixes, as buckets do.
   *
   * @default true
   */
  readonly directories?: boolean;
  /**
   * Clock for the times of objects, in ms since 1970.
   *
   * @default Date.now
   */
  readonly now?: () => number;
}

/** A backend that keeps everything in memory: for tests, caches, and as the contract's executable model. */
export function memoryBackend(options: MemoryBackendOptions = {}): Backend {
  const { storage = new MemoryStorage(), directories = true, now = Date.now } = options;
  return defineBackend(new MemoryDriver(storage, directories, now));
}

const namedStorages = new Map<string, MemoryStorage>();

/** Provider of `memory:` (a storage of its own) and `memory:NAME` (shared in this realm by its name). */
export const memory: BackendProvider<MemoryBackendOptions> = {
  name: "memory",
  schemes: ["memory"],
  fromUrl(url, options = {}) {
    const match = /^memory:([a-z0-9._-]*)$/.exec(url);
    if (match === null) {
      throw new StoreError("INVALID_URL", {
        detail: "the form is memory: or memory:name, name of a-z 0-9 . _ -",
      });
    }
    const name = match[1] ?? "";
    if (name === "" || options.storage !== undefined) return memoryBackend(options);
    let storage = namedStorages.get(name);
    if (storage === undefined) {
      storage = new MemoryStorage();
      namedStorages.set(name, storage);
    }
    return memoryBackend({ ...options, storage });
  },
};
