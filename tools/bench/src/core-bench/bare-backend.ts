import type {
  Backend,
  Capabilities,
  DeleteResult,
  DefragSource,
  DefragTarget,
  ItemInfo,
  Quota,
} from "@borgstore/core";

/**
 * A medium that does nothing and knows one value: what is measured above it is all ours. It is complete enough
 * to be a backend (the least that a Store can stand on) and a driver (the least below the guard).
 */
export class BareBackend implements Backend {
  readonly name = "bare";
  readonly capabilities: Capabilities = {
    atomicReplace: true,
    atomicMove: true,
    createIfAbsent: true,
    directories: true,
    rangedLoad: true,
    nativeHash: false,
    accessTime: false,
    durable: false,
    remote: false,
  };
  readonly #value: Uint8Array<ArrayBuffer>;
  isOpen = false;

  constructor(value: Uint8Array<ArrayBuffer>) {
    this.#value = value;
  }

  async create(): Promise<void> {}
  async destroy(): Promise<void> {}

  async open(): Promise<void> {
    this.isOpen = true;
  }

  async close(): Promise<void> {
    this.isOpen = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async mkdir(): Promise<void> {}
  async rmdir(): Promise<void> {}

  async info(name: string): Promise<ItemInfo> {
    return { name, exists: true, size: this.#value.byteLength, isDirectory: false };
  }

  async load(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#value;
  }

  async *loadStream(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    yield this.#value;
  }

  async store(): Promise<void> {}
  async storeStream(): Promise<void> {}
  async delete(): Promise<void> {}

  async deleteMany(names: Iterable<string>): Promise<readonly DeleteResult[]> {
    return Array.from(names, (name) => ({ name }));
  }

  async move(): Promise<void> {}
  async *list(): AsyncGenerator<readonly ItemInfo[], void, undefined> {}

  async hash(): Promise<string> {
    return "";
  }

  async defrag(_sources: readonly DefragSource[], target: DefragTarget): Promise<string> {
    return "name" in target ? target.name : target.namespace;
  }

  async quota(): Promise<Quota> {
    return { limit: -1, usage: -1 };
  }

  async sync(): Promise<void> {}

  toString(): string {
    return "bare()";
  }
}
