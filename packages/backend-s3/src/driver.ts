import {
  missingItem,
  nodeHashers,
  StoreError,
  TempNames,
  type BackendDriver,
  type ByteSource,
  type Capabilities,
  type DeleteResult,
  type DriverListOptions,
  type HasherFactory,
  type ItemInfo,
  type LoadOptions,
  type MoveOptions,
  type OperationOptions,
  type StoreOptions,
  callSignal,
} from "@borgstore/core";
import * as crypto from "node:crypto";
import type { Connect } from "./connect.ts";
import { Keys } from "./keys.ts";
import { listDirectory } from "./list-directory.ts";
import { loadFile } from "./load-file.ts";
import { copyLimits, moveFile, type CopyLimits } from "./move-file.ts";
import type { S3Settings } from "./options.ts";
import { describe } from "./read-entries.ts";
import { Session } from "./session.ts";
import { checkStorage, createStorage, destroyStorage } from "./storage.ts";
import { storePieces, storeValue, type Target } from "./store-file.ts";
import { loadPieces } from "./streams.ts";

const hashers = nodeHashers(crypto);
const tempNames = new TempNames();

/** What a driver is for. */
export interface DriverSetup {
  readonly settings: S3Settings;
  readonly bucket: string;
  /** What all keys begin with; ends in a slash. */
  readonly prefix: string;
  /** The place for messages, without secrets. */
  readonly url: string;
  readonly connect: Connect;
  /** Other limits than the protocol's, for tests. */
  readonly limits?: CopyLimits | undefined;
}

/** Objects as objects of a bucket, each under the prefix and its name, by as few requests as the service allows. */
export class S3Driver implements BackendDriver {
  readonly name = "s3";
  readonly hashers: HasherFactory = hashers;
  readonly capabilities: Capabilities;
  readonly #setup: DriverSetup;
  readonly #keys: Keys;
  #session: Session | undefined;

  constructor(setup: DriverSetup) {
    const { settings, prefix } = setup;
    this.#setup = setup;
    this.#keys = new Keys(prefix);
    this.capabilities = Object.freeze({
      atomicReplace: true,
      atomicMove: false,
      createIfAbsent: settings.createIfAbsent,
      directories: false,
      rangedLoad: true,
      nativeHash: true,
      accessTime: false,
      durable: true,
      remote: true,
      concurrency: settings.concurrency,
    });
  }

  async create({ signal }: OperationOptions): Promise<void> {
    await this.#whileClosed(({ bucket }) => createStorage(bucket, this.#keys, signal));
  }

  async destroy({ signal }: OperationOptions): Promise<void> {
    await this.#whileClosed(({ bucket, deletions }) =>
      destroyStorage(bucket, this.#keys, signal, (keys) => deletions.deleteKeys(keys, signal)),
    );
  }

  async open({ signal }: OperationOptions): Promise<void> {
    const session = await this.#connect();
    try {
      await checkStorage(session.bucket, this.#keys, signal);
    } catch (error) {
      session.close();
      throw error;
    }
    this.#session = session;
  }

  // oxlint-disable-next-line require-await
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    session?.close();
  }

  /** Puts the empty object that consoles and the reference take for a directory. */
  async mkdir(name: string, options: OperationOptions): Promise<void> {
    const signal = callSignal(options);
    const { bucket } = this.#opened();
    await bucket.put(this.#keys.prefixOf(name), new Uint8Array(0), { signal, name, ifAbsent: false });
  }

  async rmdir(name: string, options: OperationOptions): Promise<void> {
    const signal = callSignal(options);
    const { bucket } = this.#opened();
    const marker = this.#keys.prefixOf(name);
    const page = await bucket.page({ prefix: marker, maxKeys: 2 }, { signal, name });
    const found = (page.Contents ?? []).map(({ Key: key }) => key);
    if (found.some((key) => key !== marker)) throw new StoreError("NOT_EMPTY", { key: name });
    if (found.length > 0) await bucket.delete(marker, { signal, name });
  }

  async info(name: string, options: OperationOptions): Promise<ItemInfo> {
    const signal = callSignal(options);
    const head = await this.#opened().bucket.head(this.#keys.keyOf(name), { signal, name });
    return head === undefined ? missingItem(name) : describe(name, head);
  }

  load(name: string, options: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
    return loadFile(this.#opened().bucket, this.#target(name), options, this.#setup.settings.verifyLoads);
  }

  loadStream(name: string, options: LoadOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    return loadPieces(this.#opened().bucket, this.#target(name), options);
  }

  store(name: string, value: Uint8Array, options: StoreOptions): Promise<void> {
    return storeValue(this.#opened().storing, this.#target(name), value, options);
  }

  storeStream(name: string, source: ByteSource, options: StoreOptions): Promise<void> {
    return storePieces(this.#opened().storing, this.#target(name), source, options);
  }

  delete(name: string, options: OperationOptions): Promise<void> {
    const signal = callSignal(options);
    return this.#opened().deletions.deleteOne(this.#target(name), signal);
  }

  deleteMany(names: readonly string[], options: OperationOptions): Promise<readonly DeleteResult[]> {
    const signal = callSignal(options);
    const targets = names.map((name) => this.#target(name));
    return this.#opened().deletions.deleteMany(targets, signal);
  }

  move(name: string, newName: string, options: MoveOptions): Promise<void> {
    const limits = this.#setup.limits ?? copyLimits;
    return moveFile(this.#opened().storing, this.#target(name), this.#target(newName), options, limits);
  }

  list(name: string, options: DriverListOptions): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    return listDirectory(this.#opened().bucket, this.#keys, name, options, false);
  }

  listRecursively(
    name: string,
    options: DriverListOptions,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    return listDirectory(this.#opened().bucket, this.#keys, name, options, true);
  }

  describe(): string {
    return this.#setup.url;
  }

  #target(name: string): Target {
    return { key: this.#keys.keyOf(name), name };
  }

  #opened(): Session {
    // The guard calls nothing before; a close that was aborted ends what is under way.
    if (this.#session === undefined) throw new StoreError("NOT_OPEN");
    return this.#session;
  }

  async #connect(): Promise<Session> {
    const { connect, settings, bucket } = this.#setup;
    return new Session(await connect(), { settings, bucket, keys: this.#keys, tempNames });
  }

  async #whileClosed(work: (session: Session) => Promise<void>): Promise<void> {
    const session = await this.#connect();
    try {
      await work(session);
    } finally {
      session.close();
    }
  }
}
