import {
  nodeHashers,
  TempNames,
  TempSweep,
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
  type Quota,
  type StoreOptions,
  type CallSignal,
} from "@borgstore/core";
import * as crypto from "node:crypto";
import { Changes } from "./changes.ts";
import { classify } from "./classify.ts";
import type { Connect } from "./connections.ts";
import type { SftpSettings } from "./options.ts";
import { quotaOf } from "./quota.ts";
import { ServerAccess } from "./server-access.ts";
import type { Session } from "./session.ts";
import { checkStorage, createStorage, destroyStorage } from "./storage.ts";
import { makeSyncer } from "./syncer.ts";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

const hashers = nodeHashers(crypto);
const tempNames = new TempNames();

/** What a driver is for. */
export interface DriverSetup {
  readonly settings: SftpSettings;
  /** The storage's directory on the server. */
  readonly path: string;
  /** The place for messages, without secrets. */
  readonly url: string;
  readonly connect: Connect;
}

/**
 * Objects as files in one directory of an SFTP server. Every operation takes a connection, and sends as much as it can
 * without waiting for answers.
 */
export class SftpDriver implements BackendDriver {
  readonly name = "sftp";
  readonly hashers: HasherFactory = hashers;
  readonly #url: string;
  readonly #access: ServerAccess;
  readonly #changes: Changes;
  readonly #sweep: TempSweep;
  readonly #reader: ValueReader;
  readonly #writer: ValueWriter;

  constructor({ settings, path, url, connect }: DriverSetup) {
    const access = new ServerAccess(settings, path, connect);
    this.#url = url;
    this.#access = access;
    const syncer = makeSyncer(access.tree, access.abilities, (work) =>
      access.connections.use(undefined, work),
    );
    this.#changes = new Changes(settings.durability, syncer);
    this.#sweep = new TempSweep(tempNames, settings.staleTempAgeMs);
    this.#reader = new ValueReader(access, this.#sweep);
    this.#writer = new ValueWriter(access, this.#changes, tempNames);
  }

  get capabilities(): Capabilities {
    return this.#access.abilities.capabilities(this.#changes.durability.option !== "none");
  }

  async create({ signal }: OperationOptions): Promise<void> {
    const { abilities, tree, settings } = this.#access;
    await this.#whileClosed(signal, async (session) => {
      abilities.announce(session);
      const isDurable = abilities.fsync && settings.durability !== "none";
      const syncer = makeSyncer(tree, abilities, (work) => work(session));
      await createStorage(session, tree, isDurable ? syncer : undefined);
    });
  }

  async destroy({ signal }: OperationOptions): Promise<void> {
    await this.#whileClosed(signal, (session) => destroyStorage(session, this.#access.tree, signal));
    this.#changes.forget();
  }

  async open({ signal }: OperationOptions): Promise<void> {
    const { abilities, connections, explainer, settings, tree } = this.#access;
    connections.open();
    try {
      await this.#access.run(undefined, signal, async (session) => {
        abilities.announce(session);
        await checkStorage(session, tree, settings.allowLinkedNamespaces);
      });
    } catch (error) {
      await connections.close(signal?.aborted === true);
      throw error;
    }
    explainer.sawStorage();
    if (!abilities.fsync) this.#changes.giveUp();
  }

  async close({ signal }: OperationOptions): Promise<void> {
    // What hangs ends with its connection.
    const isAborted = signal?.aborted === true;
    if (!isAborted) await this.#sweep.stop();
    await this.#access.connections.close(isAborted);
  }

  mkdir(name: string, options: OperationOptions): Promise<void> {
    return this.#writer.mkdir(name, options);
  }

  rmdir(name: string, options: OperationOptions): Promise<void> {
    return this.#writer.rmdir(name, options);
  }

  info(name: string, options: OperationOptions): Promise<ItemInfo> {
    return this.#reader.info(name, options);
  }

  load(name: string, options: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
    return this.#reader.load(name, options);
  }

  loadStream(name: string, options: LoadOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    return this.#reader.loadStream(name, options);
  }

  store(name: string, value: Uint8Array, options: StoreOptions): Promise<void> {
    return this.#writer.store(name, { value }, options);
  }

  storeStream(name: string, source: ByteSource, options: StoreOptions): Promise<void> {
    return this.#writer.store(name, { pieces: source }, options);
  }

  delete(name: string, options: OperationOptions): Promise<void> {
    return this.#writer.delete(name, options);
  }

  deleteMany(names: readonly string[], options: OperationOptions): Promise<readonly DeleteResult[]> {
    return this.#writer.deleteMany(names, options);
  }

  move(name: string, newName: string, options: MoveOptions): Promise<void> {
    return this.#writer.move(name, newName, options);
  }

  list(name: string, options: DriverListOptions): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    return this.#reader.list(name, options, false);
  }

  listRecursively(
    name: string,
    options: DriverListOptions,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    return this.#reader.list(name, options, true);
  }

  hash(name: string, algorithm: string, options: OperationOptions): Promise<string> {
    return this.#reader.hash(name, algorithm, hashers, options);
  }

  async quota({ signal }: OperationOptions): Promise<Quota> {
    const { abilities, tree } = this.#access;
    return await this.#access.run(undefined, signal, (session) => quotaOf(session, abilities, tree));
  }

  async sync(): Promise<void> {
    try {
      await this.#changes.durability.sync();
    } catch (error) {
      throw classify(error);
    }
  }

  describe(): string {
    return this.#url;
  }

  /** For calls on a closed backend: connects, and disconnects whatever happens. */
  async #whileClosed(
    signal: CallSignal | undefined,
    work: (session: Session) => Promise<void>,
  ): Promise<void> {
    this.#access.connections.open();
    try {
      await this.#access.run(undefined, signal, work);
    } finally {
      await this.#access.connections.close(signal?.aborted === true);
    }
  }
}
