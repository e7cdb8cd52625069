import * as nodeCrypto from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { clampRange, defineBackend, missingItem, nodeHashers, StoreError } from "@borgstore/core";
import type { Backend, BackendDriver, Capabilities, ItemInfo } from "@borgstore/core";
import type { LoadOptions, MoveOptions, StoreOptions } from "@borgstore/core";

type Objects = Map<string, Uint8Array>;

/** All objects in one JSON file, for one process at a time; held in memory, written by `sync` and `close`. */
export function jsonFileBackend(path: string): Backend {
  return defineBackend(new JsonFileDriver(path));
}

class JsonFileDriver implements BackendDriver {
  readonly name = "jsonfile";
  readonly hashers = nodeHashers(nodeCrypto);
  readonly capabilities: Capabilities = {
    atomicReplace: true,
    atomicMove: true,
    createIfAbsent: true,
    directories: false,
    rangedLoad: false,
    nativeHash: false,
    accessTime: false,
    durable: false, // a crash of the machine: that would need fsync, of the file and its directory
    remote: false,
  };
  readonly #path: string;
  #objects: Objects = new Map();
  #saved: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  async create(): Promise<void> {
    try {
      if ((await this.#read()).size > 0) throw new StoreError("BACKEND_EXISTS");
    } catch (error) {
      if (!StoreError.is(error, "BACKEND_NOT_FOUND")) throw error;
    }
    await this.#write(new Map());
  }

  async destroy(): Promise<void> {
    await rm(this.#path).catch(classify);
  }

  async open(): Promise<void> {
    this.#objects = await this.#read();
  }

  async close(): Promise<void> {
    this.#objects = new Map();
  }

  async mkdir(): Promise<void> {
    // Directories are only prefixes here: nothing to make.
  }

  async rmdir(name: string): Promise<void> {
    for (const key of this.#objects.keys()) {
      if (key.startsWith(`${name}/`)) throw new StoreError("NOT_EMPTY", { key: name });
    }
  }

  async info(name: string): Promise<ItemInfo> {
    const value = this.#objects.get(name);
    return value === undefined ? missingItem(name) : itemInfo(name, value.length, false);
  }

  async load(name: string, { offset, size }: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
    const value = this.#get(name);
    const { start, end } = clampRange(value.length, offset, size);
    return new Uint8Array(value.subarray(start, end));
  }

  async store(name: string, value: Uint8Array, { ifAbsent }: StoreOptions): Promise<void> {
    this.#put(name, new Uint8Array(value), ifAbsent); // a copy: the value is only borrowed
  }

  async delete(name: string): Promise<void> {
    this.#get(name);
    this.#objects.delete(name);
  }

  async move(name: string, newName: string, { ifAbsent }: MoveOptions): Promise<void> {
    this.#put(newName, this.#get(name), ifAbsent);
    this.#objects.delete(name);
  }

  async *list(name: string): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    const prefix = name === "" ? "" : `${name}/`;
    const entries = new Map<string, ItemInfo>(); // by sort key: a directory compares as `name/`
    for (const [key, value] of this.#objects) {
      if (!key.startsWith(prefix)) continue;
      const rest = key.slice(prefix.length);
      const slash = rest.indexOf("/");
      if (slash === -1) entries.set(rest, itemInfo(rest, value.length, false));
      else entries.set(rest.slice(0, slash + 1), itemInfo(rest.slice(0, slash), 0, true));
    }
    const items = [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
    for (let at = 0; at < items.length; at += 1000) yield items.slice(at, at + 1000);
  }

  async sync(): Promise<void> {
    const saving = this.#saved.then(() => this.#write(this.#objects)); // one after the other
    this.#saved = saving.catch(() => undefined); // a failure is told to who asked, and the next may try again
    await saving;
  }

  #get(name: string): Uint8Array {
    const value = this.#objects.get(name);
    if (value === undefined) throw new StoreError("NOT_FOUND", { key: name });
    return value;
  }

  #put(name: string, value: Uint8Array, ifAbsent: boolean | undefined): void {
    if (ifAbsent === true && this.#objects.has(name)) throw new StoreError("ALREADY_EXISTS", { key: name });
    this.#objects.set(name, value);
  }

  /** Whole or not at all: written beside, then renamed. */
  async #write(objects: Objects): Promise<void> {
    const encoded = Array.from(objects, ([name, value]) => [name, Buffer.from(value).toString("base64")]);
    await writeFile(`${this.#path}.tmp`, JSON.stringify(encoded)).catch(classify);
    await rename(`${this.#path}.tmp`, this.#path);
  }

  async #read(): Promise<Objects> {
    const text = await readFile(this.#path, "utf8").catch(classify);
    const encoded = JSON.parse(text) as [string, string][];
    return new Map(encoded.map(([name, value]) => [name, Buffer.from(value, "base64")]));
  }
}

function itemInfo(name: string, size: number, isDirectory: boolean): ItemInfo {
  return { name, exists: true, size, isDirectory };
}

/** Foreign errors become ours in one place, by their code; what is not known becomes `UNEXPECTED` by itself. */
function classify(cause: unknown): never {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") throw new StoreError("BACKEND_NOT_FOUND", { cause });
  if (code === "EACCES") throw new StoreError("PERMISSION_DENIED", { cause });
  if (code === "ENOSPC") throw new StoreError("NO_SPACE", { cause });
  throw cause;
}
