import {
  StoreError,
  type BackendDriver,
  type ByteSource,
  type Capabilities,
  type DriverListOptions,
  type HasherFactory,
  type ItemInfo,
  type LoadOptions,
  type MoveOptions,
  type OperationOptions,
  type Quota,
  type StoreOptions,
} from "@borgstore/core";
import { PosixfsDriver } from "../driver.ts";
import type { FileAccess } from "../file-access.ts";
import type { PosixfsSettings } from "../options.ts";
import { FileLocks } from "./file-lock.ts";
import { NameClaims } from "./name-claims.ts";
import { QuotaAccount } from "./quota-account.ts";

/** What there is between open and close. */
interface OpenState {
  readonly names: NameClaims;
  readonly account: QuotaAccount;
}

/**
 * A posixfs driver with a limit: keeps the sum of the sizes of all files and refuses what would exceed it. Changes of
 * one name are made one after the other, in all processes, since what a change adds depends on what it replaces.
 * `deleteMany` and `defrag` are made of these changes by the helpers.
 */
export class QuotaDriver implements BackendDriver {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly hashers: HasherFactory;
  readonly #inner: PosixfsDriver;
  #open: OpenState | undefined;

  /**
   * @param base absolute path without a slash at its end
   * @param limit in bytes
   */
  constructor(base: string, settings: PosixfsSettings, limit: number) {
    const opened = async (access: FileAccess, signal: AbortSignal | undefined): Promise<void> => {
      const locks = new FileLocks(access, base, settings.deadlineMs);
      const durable = settings.durability !== "none";
      const followLinks = settings.allowLinkedNamespaces;
      const account = new QuotaAccount({ access, locks, base, limit, durable, followLinks });
      await account.open(signal);
      this.#open = { account, names: new NameClaims(locks, () => account.doubt()) };
    };
    // A temporary file that is swept may be part of the count, or not.
    const swept = (): void => this.#open?.account.doubt();
    this.#inner = new PosixfsDriver(base, settings, { opened, swept });
    this.name = this.#inner.name;
    this.capabilities = this.#inner.capabilities;
    this.hashers = this.#inner.hashers;
  }

  async create(): Promise<void> {
    await this.#inner.create();
  }

  async destroy(options: OperationOptions): Promise<void> {
    await this.#inner.destroy(options);
  }

  async open(options: OperationOptions): Promise<void> {
    try {
      await this.#inner.open(options);
    } catch (error) {
      await this.#closeAccount();
      throw error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.#inner.close();
    } finally {
      await this.#closeAccount();
    }
  }

  async #closeAccount(): Promise<void> {
    const account = this.#open?.account;
    this.#open = undefined;
    await account?.close();
  }

  async mkdir(name: string, options: OperationOptions): Promise<void> {
    await this.#inner.mkdir(name, options);
  }

  async rmdir(name: string, options: OperationOptions): Promise<void> {
    await this.#inner.rmdir(name, options);
  }

  async info(name: string, options: OperationOptions): Promise<ItemInfo> {
    return await this.#inner.info(name, options);
  }

  async load(name: string, options: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#inner.load(name, options);
  }

  loadStream(name: string, options: LoadOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    return this.#inner.loadStream(name, options);
  }

  list(name: string, options: DriverListOptions): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    return this.#inner.list(name, options);
  }

  listRecursively(
    name: string,
    options: DriverListOptions,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    return this.#inner.listRecursively(name, options);
  }

  async store(name: string, value: Uint8Array, options: StoreOptions): Promise<void> {
    const { account, names } = this.#state();
    const release = await names.claim([name], options.signal);
    try {
      const old = await this.#oldBytes(name, options);
      const reserved = Math.max(0, value.byteLength - old);
      await account.reserve(reserved, name, options.signal);
      const store = async (): Promise<void> => await this.#inner.store(name, value, options);
      await this.#settling(account, { name, old, size: value.byteLength, reserved }, store);
    } finally {
      await release();
    }
  }

  /**
   * The limit holds while the pieces come. The name is claimed when all are there, just before they become visible:
   * a source may take its time.
   */
  async storeStream(name: string, source: ByteSource, options: StoreOptions): Promise<void> {
    const { account, names } = this.#state();
    const { signal } = options;
    const change = { name, old: await this.#oldBytes(name, options), size: 0, reserved: 0 };
    let release: (() => Promise<void>) | undefined;
    const reserve = async (): Promise<void> => {
      const more = Math.max(0, change.size - change.old - change.reserved);
      await account.reserve(more, name, signal);
      change.reserved += more;
    };
    const claim = async (): Promise<void> => {
      release = await names.claim([name], signal);
      change.old = await this.#oldBytes(name, options);
    };
    const limited = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const piece of source) {
        change.size += piece.byteLength;
        await reserve();
        yield piece;
      }
      await claim();
      await reserve();
    };
    try {
      await this.#settling(account, change, () => this.#inner.storeStream(name, limited(), options));
    } finally {
      await release?.();
    }
  }

  async delete(name: string, options: OperationOptions): Promise<void> {
    const { account, names } = this.#state();
    const release = await names.claim([name], options.signal);
    try {
      const old = bytesOf(await this.#inner.info(name, {}));
      const remove = async (): Promise<void> => await this.#inner.delete(name, options);
      await this.#settling(account, { name, old, size: 0, reserved: 0 }, remove);
    } finally {
      await release();
    }
  }

  async move(name: string, newName: string, options: MoveOptions): Promise<void> {
    const { account, names } = this.#state();
    const release = await names.claim([name, newName], options.signal);
    try {
      const source = await this.#inner.info(name, {});
      const target = await this.#inner.info(newName, {});
      // Of the two values one is left, under the new name; `settling` looks there when something failed.
      const before = bytesOf(source) + bytesOf(target);
      const sizeNow = async (): Promise<number> =>
        (await this.#bytesNow(name)) + (await this.#bytesNow(newName));
      const change = { name, old: before, size: bytesOf(source), reserved: 0 };
      await this.#settling(account, change, () => this.#inner.move(name, newName, options), sizeNow);
    } finally {
      await release();
    }
  }

  async quota(): Promise<Quota> {
    return await this.#state().account.quota();
  }

  async sync(): Promise<void> {
    await this.#inner.sync();
  }

  describe(): string {
    return this.#inner.describe();
  }

  #state(): OpenState {
    if (this.#open === undefined) throw new StoreError("NOT_OPEN");
    return this.#open;
  }

  /** The size of what a store to this name would replace. */
  async #oldBytes(name: string, options: StoreOptions): Promise<number> {
    const found = await this.#inner.info(name, {});
    // Said before the limit is: a value that is there already needs no room.
    if (options.ifAbsent === true && found.exists) throw new StoreError("ALREADY_EXISTS", { key: name });
    return bytesOf(found);
  }

  async #bytesNow(name: string): Promise<number> {
    return bytesOf(await this.#inner.info(name, {}));
  }

  /**
   * Makes a change, and settles the account by what came of it.
   *
   * @param sizeNow looks how many bytes there are after a failure: a store may fail after the value became visible,
   *   when its directory cannot be synced
   */
  async #settling(
    account: QuotaAccount,
    change: Change,
    make: () => Promise<void>,
    sizeNow: () => Promise<number> = () => this.#bytesNow(change.name),
  ): Promise<void> {
    try {
      await make();
    } catch (error) {
      await this.#settleFailure(account, change, error, sizeNow);
      throw error;
    }
    await account.settle(change.reserved, change.size - change.old);
  }

  async #settleFailure(
    account: QuotaAccount,
    { old, reserved }: Change,
    error: unknown,
    sizeNow: () => Promise<number>,
  ): Promise<void> {
    let size: number | undefined;
    try {
      // A call that hangs may still come to its end.
      if (!StoreError.is(error, "TIMEOUT")) size = await sizeNow();
    } catch (lookingError) {
      // Whoever made the change is told what was wrong with it, and that says more.
      if (!StoreError.is(lookingError)) throw lookingError;
    }
    if (size === undefined) account.doubt();
    await account.settle(reserved, size === undefined ? reserved : size - old);
  }
}

/** A change of what a name stands for, in bytes. */
interface Change {
  readonly name: string;
  readonly old: number;
  /** After the change. */
  readonly size: number;
  readonly reserved: number;
}

function bytesOf(item: ItemInfo): number {
  return item.exists && !item.isDirectory ? item.size : 0;
}
