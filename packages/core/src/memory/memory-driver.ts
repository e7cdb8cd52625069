import { copyBytes } from "../bytes.ts";
import type { Capabilities } from "../capabilities.ts";
import type { BackendDriver, DriverListOptions } from "../driver.ts";
import { StoreError } from "../errors.ts";
import { missingItem, type ItemInfo } from "../item-info.ts";
import type { LoadOptions, MoveOptions, OperationOptions, StoreOptions } from "../options.ts";
import { clampRange } from "../range.ts";
import type { MemoryObject, MemoryStorage } from "./memory-storage.ts";

const pageLength = 1000;

/**
 * The contract in its plainest form: maps instead of a medium. Each operation is one synchronous step, so
 * everything is atomic.
 */
export class MemoryDriver implements BackendDriver {
  readonly name = "memory";
  readonly capabilities: Capabilities;
  readonly #storage: MemoryStorage;
  readonly #now: () => number;

  constructor(storage: MemoryStorage, directories: boolean, now: () => number) {
    this.#storage = storage;
    this.#now = now;
    this.capabilities = {
      atomicReplace: true,
      atomicMove: true,
      createIfAbsent: true,
      directories,
      rangedLoad: true,
      nativeHash: false,
      accessTime: true,
      durable: false,
      remote: false,
    };
  }

  async create(): Promise<void> {
    const { objects, directories } = this.#storage;
    if (objects.size > 0 || directories.size > 0) throw new StoreError("BACKEND_EXISTS");
    this.#storage.exists = true;
  }

  async destroy(): Promise<void> {
    this.#mustExist();
    this.#storage.objects.clear();
    this.#storage.directories.clear();
    this.#storage.exists = false;
  }

  async open(): Promise<void> {
    this.#mustExist();
  }

  async close(): Promise<void> {
    // Nothing is held.
  }

  async mkdir(name: string): Promise<void> {
    if (!this.capabilities.directories) return;
    if (this.#storage.objects.has(name)) throw new StoreError("ALREADY_EXISTS", { key: name });
    this.#makeParents(name);
    this.#storage.directories.add(name);
  }

  async rmdir(name: string): Promise<void> {
    if (this.#entriesBelow(name).next().done !== true) throw new StoreError("NOT_EMPTY", { key: name });
    if (!this.capabilities.directories) return;
    if (this.#storage.objects.has(name)) throw new StoreError("NOT_A_DIRECTORY", { key: name });
    if (!this.#storage.directories.delete(name)) throw new StoreError("NOT_FOUND", { key: name });
  }

  async info(name: string): Promise<ItemInfo> {
    const object = this.#storage.objects.get(name);
    if (object !== undefined) return describe(name, object);
    if (this.#storage.directories.has(name)) return { name, exists: true, size: 0, isDirectory: true };
    return missingItem(name);
  }

  async load(name: string, options: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
    const object = this.#get(name);
    object.accessedAtMs = this.#now();
    const { start, end } = clampRange(object.value.byteLength, options.offset, options.size);
    return object.value.slice(start, end);
  }

  async store(name: string, value: Uint8Array, options: StoreOptions): Promise<void> {
    this.#put(name, value, options.ifAbsent === true);
  }

  async delete(name: string): Promise<void> {
    this.#get(name);
    this.#storage.objects.delete(name);
  }

  async move(name: string, newName: string, options: MoveOptions): Promise<void> {
    const object = this.#get(name);
    this.#mustBeFree(newName, options.ifAbsent === true);
    this.#makeParents(newName);
    this.#storage.objects.delete(name);
    this.#storage.objects.set(newName, object);
  }

  async *list(
    name: string,
    options: DriverListOptions,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    yield* this.#pages(name, options, false);
  }

  async *listRecursively(
    name: string,
    options: DriverListOptions,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    yield* this.#pages(name, options, true);
  }

  async *#pages(
    directory: string,
    options: OperationOptions,
    recursive: boolean,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    this.#mustExist();
    if (this.capabilities.directories && this.#storage.objects.has(directory)) {
      throw new StoreError("NOT_A_DIRECTORY", { key: directory });
    }
    // One key a line of the listing, so that what is deleted before its page comes is left out.
    const keys = new Set<string>();
    for (const path of this.#entriesBelow(directory)) {
      const slash = recursive ? -1 : path.indexOf("/");
      if (slash !== -1) keys.add(path.slice(0, slash + 1));
      else if (!path.endsWith("/") || !recursive) keys.add(path);
    }
    const sorted = [...keys].sort();
    const prefix = directory === "" ? "" : `${directory}/`;
    for (let at = 0; at < sorted.length; at += pageLength) {
      if (options.signal?.aborted === true) throw options.signal.reason;
      const page: ItemInfo[] = [];
      for (const key of sorted.slice(at, at + pageLength)) {
        if (key.endsWith("/")) {
          page.push({ name: key.slice(0, -1), exists: true, size: 0, isDirectory: true });
        } else {
          const object = this.#storage.objects.get(prefix + key);
          if (object !== undefined) page.push(describe(key, object));
        }
      }
      yield page;
    }
  }

  /** Relative paths of all objects and, with a slash at the end, all directories below a directory. */
  *#entriesBelow(directory: string): Generator<string, void, undefined> {
    const prefix = directory === "" ? "" : `${directory}/`;
    for (const name of this.#storage.objects.keys()) {
      if (name.startsWith(prefix)) yield name.slice(prefix.length);
    }
    for (const name of this.#storage.directories) {
      if (name.startsWith(prefix)) yield `${name.slice(prefix.length)}/`;
    }
  }

  #mustExist(): void {
    if (!this.#storage.exists) throw new StoreError("BACKEND_NOT_FOUND");
  }

  #get(name: string): MemoryObject {
    const object = this.#storage.objects.get(name);
    if (object !== undefined) return object;
    throw new StoreError(this.#storage.directories.has(name) ? "IS_DIRECTORY" : "NOT_FOUND", { key: name });
  }

  #put(name: string, value: Uint8Array, ifAbsent: boolean): void {
    this.#mustBeFree(name, ifAbsent);
    this.#makeParents(name);
    const now = this.#now();
    this.#storage.objects.set(name, {
      value: copyBytes(value),
      modifiedAtMs: now,
      accessedAtMs: now,
    });
  }

  #mustBeFree(name: string, ifAbsent: boolean): void {
    if (this.#storage.directories.has(name)) {
      throw new StoreError(ifAbsent ? "ALREADY_EXISTS" : "IS_DIRECTORY", { key: name });
    }
    if (ifAbsent && this.#storage.objects.has(name)) throw new StoreError("ALREADY_EXISTS", { key: name });
  }

  /** Checks all directories above a name before it makes the first. */
  #makeParents(name: string): void {
    if (!this.capabilities.directories) return;
    const parents: string[] = [];
    for (let at = name.indexOf("/"); at !== -1; at = name.indexOf("/", at + 1)) {
      const parent = name.slice(0, at);
      if (this.#storage.objects.has(parent)) throw new StoreError("NOT_A_DIRECTORY", { key: name });
      parents.push(parent);
    }
    for (const parent of parents) this.#storage.directories.add(parent);
  }
}

function describe(name: string, object: MemoryObject): ItemInfo {
  return {
    name,
    exists: true,
    size: object.value.byteLength,
    isDirectory: false,
    accessedAtMs: object.accessedAtMs,
    modifiedAtMs: object.modifiedAtMs,
  };
}
