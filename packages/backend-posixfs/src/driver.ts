import {
  Durability,
  missingItem,
  nodeHashers,
  StoreError,
  type Awaitable,
  type BackendDriver,
  type ByteSource,
  type Capabilities,
  type DriverListOptions,
  type HasherFactory,
  type ItemInfo,
  type LoadOptions,
  type MoveOptions,
  type OperationOptions,
  type StoreOptions,
} from "@borgstore/core";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { classify, errnoOf } from "./classify.ts";
import { FileAccess } from "./file-access.ts";
import { makeSyncer } from "./fsync.ts";
import { mustYield, nextTurn, nowMs } from "./gate.ts";
import { IoMode } from "./io-mode.ts";
import { DirectoryLister } from "./list-directory.ts";
import { moveFile } from "./move-file.ts";
import type { PosixfsSettings } from "./options.ts";
import { forgetUsage } from "./quota/quota-store.ts";
import { describe, kindOf } from "./read-entries.ts";
import { checkStorage, createStorage, destroyStorage } from "./storage.ts";
import { classifyStoring } from "./store-file.ts";
import { TempSweep } from "./sweep.ts";
import { lstatSync } from "./sync-calls.ts";
import { Tree } from "./tree.ts";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

const hashers = nodeHashers(crypto);

/** What is done with a storage by somebody who keeps its quota. */
export interface QuotaKeeping {
  /** When the storage was found to be there, and before anything in it is changed. */
  opened(access: FileAccess, signal: AbortSignal | undefined): Promise<void>;
  /** When a temporary file was swept away. */
  swept(): void;
}

/**
 * Objects as files in one directory. Small values go by synchronous calls in slices of about 1 ms, everything
 * else by the thread pool; see `IoMode`. Every store, delete and move passes `Durability` before it is
 * acknowledged.
 */
export class PosixfsDriver implements BackendDriver {
  readonly name = "posixfs";
  readonly capabilities: Capabilities;
  readonly hashers: HasherFactory = hashers;
  readonly #settings: PosixfsSettings;
  readonly #quota: QuotaKeeping | undefined;
  readonly #tree: Tree;
  readonly #io: IoMode;
  readonly #access: FileAccess;
  readonly #durability: Durability;
  readonly #reader: ValueReader;
  readonly #writer: ValueWriter;
  #sweep: TempSweep | undefined;

  /** @param base absolute path without a slash at its end */
  constructor(base: string, settings: PosixfsSettings, quota?: QuotaKeeping) {
    this.#settings = settings;
    this.#quota = quota;
    this.#io = new IoMode(settings.io);
    this.#access = new FileAccess(this.#io, settings.concurrency, settings.deadlineMs);
    this.#tree = new Tree(base, (path) => this.#durability.made(path));
    this.#durability = new Durability(
      settings.durability,
      makeSyncer(this.#tree, (work) => this.#access.runSyncing(work)),
    );
    this.#reader = new ValueReader(this.#tree, this.#access);
    this.#writer = new ValueWriter(this.#tree, this.#access, this.#durability);
    this.capabilities = {
      atomicReplace: true,
      atomicMove: true,
      createIfAbsent: true,
      directories: true,
      rangedLoad: true,
      nativeHash: true,
      accessTime: true,
      durable: settings.durability !== "none",
      remote: false,
    };
  }

  async create(): Promise<void> {
    await createStorage(this.#access, this.#tree.base, this.#settings.durability !== "none");
  }

  async destroy(options: OperationOptions): Promise<void> {
    await destroyStorage(this.#access, this.#tree.base, options.signal);
    this.#durability.forget();
  }

  async open(options: OperationOptions): Promise<void> {
    const { allowLinkedNamespaces, staleTempAgeMs } = this.#settings;
    const { base } = this.#tree;
    // On the pool: it is not known yet whether this medium answers at all.
    await this.#access.runInPool(async (turn) => {
      await checkStorage(turn, base, allowLinkedNamespaces);
      this.#io.setMedium(await turn.statfsType(base));
      if (this.#quota === undefined) await forgetUsage(turn, base);
    }, options.signal);
    await this.#quota?.opened(this.#access, options.signal);
    this.#sweep = new TempSweep(
      (work) => this.#access.runInPool(work),
      staleTempAgeMs,
      Date.now,
      () => this.#quota?.swept(),
    );
    await this.#sweep.start(base);
  }

  async close(): Promise<void> {
    await this.#sweep?.stop();
    this.#sweep = undefined;
  }

  async mkdir(name: string, options: OperationOptions): Promise<void> {
    const path = this.#tree.pathOf(name);
    await this.#access.run(async (calls) => {
      try {
        await this.#tree.makeDirectories(calls, path);
      } catch (error) {
        const inTheWay = await calls.lstat(path);
        if (inTheWay === undefined || inTheWay.isDirectory()) throw classify(error, name);
        throw new StoreError("ALREADY_EXISTS", { key: name, cause: error });
      }
    }, options.signal);
    await this.#durability.changed(path);
  }

  async rmdir(name: string, options: OperationOptions): Promise<void> {
    const path = this.#tree.pathOf(name);
    await this.#access.run(async (calls) => {
      try {
        await calls.rmdir(path);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === "EEXIST") throw new StoreError("NOT_EMPTY", { key: name, cause: error });
        if (errno !== "ENOENT" && errno !== "ENOTDIR") throw classify(error, name);
        // An object has the name itself, or only one above it, below which there is nothing.
        const inTheWay = errno === "ENOTDIR" ? await calls.lstat(path) : undefined;
        if (inTheWay !== undefined) throw new StoreError("NOT_A_DIRECTORY", { key: name, cause: error });
        throw await this.#tree.notFound(calls, name, error);
      }
    }, options.signal);
    await this.#durability.changed(this.#tree.parentOf(path));
  }

  info(name: string, options: OperationOptions): Awaitable<ItemInfo> {
    const path = this.#tree.pathOf(name);
    if (this.#io.usesPool || mustYield()) return this.#infoLater(path, name, options);
    try {
      const stats = this.#lstatSync(path);
      if (stats?.isSymbolicLink() === true) return this.#infoOfLink(path, name, options);
      return itemOf(name, stats);
    } catch (error) {
      throw classify(error, name);
    }
  }

  async #infoLater(path: string, name: string, options: OperationOptions): Promise<ItemInfo> {
    let stats: fs.Stats | undefined;
    try {
      if (this.#io.usesPool) {
        stats = await this.#access.runInPool((turn) => turn.lstat(path), options.signal);
      } else {
        while (mustYield()) await nextTurn();
        stats = this.#lstatSync(path);
      }
    } catch (error) {
      throw classify(error, name);
    }
    return stats?.isSymbolicLink() === true
      ? await this.#infoOfLink(path, name, options)
      : itemOf(name, stats);
  }

  #lstatSync(path: string): fs.Stats | undefined {
    const startedMs = nowMs();
    const stats = lstatSync(path);
    this.#io.spent(startedMs);
    return stats;
  }

  /** A link is nothing, unless it is a namespace that may be one. */
  async #infoOfLink(path: string, name: string, options: OperationOptions): Promise<ItemInfo> {
    if (!this.#mayBeLinked(name)) return missingItem(name);
    try {
      const stats = await this.#access.run(async (calls) => await calls.stat(path), options.signal);
      return itemOf(name, stats?.isDirectory() === true ? stats : undefined);
    } catch (error) {
      throw classify(error, name);
    }
  }

  load(name: string, options: LoadOptions): Awaitable<Uint8Array<ArrayBuffer>> {
    return this.#reader.load(name, options);
  }

  loadStream(name: string, options: LoadOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    return this.#reader.loadStream(name, options);
  }

  store(name: string, value: Uint8Array, options: StoreOptions): Awaitable<void> {
    return this.#writer.store(name, value, options);
  }

  async storeStream(name: string, source: ByteSource, options: StoreOptions): Promise<void> {
    await this.#writer.storeStream(name, source, options);
  }

  delete(name: string, options: OperationOptions): Awaitable<void> {
    const path = this.#tree.pathOf(name);
    if (this.#io.usesPool || mustYield()) return this.#deleteLater(path, name, options);
    try {
      this.#unlinkSync(path);
      return this.#durability.deleted(path)?.catch((error: unknown) => this.#failDeleting(error, path, name));
    } catch (error) {
      return this.#failDeleting(error, path, name);
    }
  }

  async #deleteLater(path: string, name: string, options: OperationOptions): Promise<void> {
    try {
      if (this.#io.usesPool) {
        await this.#access.runInPool((turn) => turn.unlink(path), options.signal);
      } else {
        while (mustYield()) await nextTurn();
        this.#unlinkSync(path);
      }
      await this.#durability.deleted(path);
    } catch (error) {
      throw await this.#deletingError(error, path, name);
    }
  }

  #unlinkSync(path: string): void {
    const startedMs = nowMs();
    try {
      fs.unlinkSync(path);
    } finally {
      this.#io.spent(startedMs);
    }
  }

  async #failDeleting(error: unknown, path: string, name: string): Promise<never> {
    throw await this.#deletingError(error, path, name);
  }

  async move(name: string, newName: string, options: MoveOptions): Promise<void> {
    const path = this.#tree.pathOf(name);
    const newPath = this.#tree.pathOf(newName);
    const ifAbsent = options.ifAbsent === true;
    let wasMoved = false;
    try {
      this.#durability.beginMove(path, newPath);
      try {
        wasMoved = await this.#access.run(
          (calls) => moveFile(calls, this.#tree, path, newPath, ifAbsent),
          options.signal,
        );
      } finally {
        const directories = [this.#tree.parentOf(newPath), this.#tree.parentOf(path)];
        await this.#durability.endMove(path, newPath, directories, wasMoved);
      }
    } catch (error) {
      throw options.signal?.aborted === true ? error : classifyStoring(error, newName, ifAbsent);
    }
    if (!wasMoved) throw await this.#reader.notFound(name, undefined);
  }

  async *list(
    name: string,
    options: DriverListOptions,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    yield* this.#list(name, options, false);
  }

  async *listRecursively(
    name: string,
    options: DriverListOptions,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    yield* this.#list(name, options, true);
  }

  async *#list(
    name: string,
    { sizes, signal }: DriverListOptions,
    recursive: boolean,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    const path = this.#tree.pathOf(name);
    const follow = name === "" || this.#mayBeLinked(name);
    try {
      const directory = await this.#access.run(
        async (calls) => await (follow ? calls.stat(path) : calls.lstat(path)),
        signal,
      );
      const kind = kindOf(directory);
      if (kind === "file") throw new StoreError("NOT_A_DIRECTORY", { key: name });
      if (directory === undefined || kind === undefined) throw await this.#reader.notFound(name, undefined);
      yield* new DirectoryLister({
        access: this.#access,
        name,
        path,
        directoryBytes: directory.size,
        recursive,
        sizes,
        followLinks: name === "" && this.#settings.allowLinkedNamespaces,
        signal,
      }).pages();
    } catch (error) {
      throw await this.#reader.readingError(error, name, signal);
    }
  }

  async sync(): Promise<void> {
    try {
      await this.#durability.sync();
    } catch (error) {
      throw classify(error);
    }
  }

  describe(): string {
    return this.#tree.base;
  }

  /** Whether a link of this name can be a namespace. */
  #mayBeLinked(name: string): boolean {
    return this.#settings.allowLinkedNamespaces && !name.includes("/");
  }

  async #deletingError(error: unknown, path: string, name: string): Promise<StoreError> {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return await this.#reader.notFound(name, error);
    // Which code stands for a directory differs between systems.
    if (errno === "EISDIR" || errno === "EPERM" || errno === "EACCES") {
      const found = await this.#access.run(async (calls) => await calls.lstat(path));
      if (found?.isDirectory() === true) return new StoreError("IS_DIRECTORY", { key: name, cause: error });
    }
    return classify(error, name);
  }
}

function itemOf(name: string, stats: fs.Stats | undefined): ItemInfo {
  return stats === undefined || kindOf(stats) === undefined ? missingItem(name) : describe(name, stats);
}
