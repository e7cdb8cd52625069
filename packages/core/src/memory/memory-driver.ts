import { throwIfAborted } from "../abort.ts";
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
    this.#mustExist();
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
    if (this.#isDirectory(name)) return { name, exists: true, size: 0, isDirectory: true };
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
    const sorted = [...this.#linesOf(directory, recursive)].sort();
    const prefix = directory === "" ? "" : `${directory}/`;
    for (let at = 0; at < sorted.length; at += pageLength) {
      throwIfAborted(options.signal);
      const lines = sorted.slice(at, at + pageLength);
      // What has vanished since the first page is left out.
      const there = at > 0 && lines.some(isDirectoryLine) ? this.#linesOf(directory, recursive) : undefined;
      const page: ItemInfo[] = [];
      for (const line of lines) {
        const object = this.#storage.objects.get(prefix + line);
        if (object !== undefined) {
          page.push(describe(line, object));
        } else if (isDirectoryLine(line) && (there?.has(line) ?? true)) {
          page.push({ name: line.slice(0, -1), exists: true, size: 0, isDirectory: true });
        }
      }
      yield page;
    }
  }

  /** What a listing shows, a line each: names of objects, and names of directories with a slash at the end. */
  #linesOf(directory: string, recursive: boolean): Set<string> {
    const lines = new Set<string>();
    for (const path of this.#entriesBelow(directory)) {
      const slash = recursive ? -1 : path.indexOf("/");
      if (slash !== -1) lines.add(path.slice(0, slash + 1));
      else if (!isDirectoryLine(path)) lines.add(path);
    }
    return lines;
  }

  /** Relative paths of all objects and, with a slash at the end, all directories below a directory. */
  *#entriesBelow(directory: string): Generator<string, void, undefined> {
    const prefix = directory === "" ? "" : `${directory}/`;
    for (const name of this.#storage.objects.keys()) {
      if (name.startsWith(prefix)) yield name.slice(prefix.length);
    }
    if (!this.capabilities.directories) return;
    for (const name of this.#storage.directories) {
      if (name.startsWith(prefix)) yield `${name.slice(prefix.length)}/`;
    }
  }

  /** Clients that know only prefixes do not see the directories that other clients of the storage made. */
  #isDirectory(name: string): boolean {
    return this.capabilities.directories && this.#storage.directories.has(name);
  }

  #mustExist(): void {
    if (!this.#storage.exists) throw new StoreError("BACKEND_NOT_FOUND");
  }

  #get(name: string): MemoryObject {
    const object = this.#storage.objects.get(name);
    if (object !== undefined) return object;
    throw new StoreError(this.#isDirectory(name) ? "IS_DIRECTORY" : "NOT_FOUND", { key: name });
  }

  #put(name: string, value: Uint8Array, ifAbsent: boolean): void {
    // Another client may have destroyed it meanwhile.
    this.#mustExist();
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
    if (this.#isDirectory(name)) {
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

function isDirectoryLine(line: string): boolean {
  return line.endsWith("/");
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
