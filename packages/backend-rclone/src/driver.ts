import {
  missingItem,
  nodeHashers,
  StoreError,
  TempNames,
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
  callSignal,
  type CallSignal,
} from "@borgstore/core";
import * as crypto from "node:crypto";
import type { Connect } from "./connect.ts";
import { deleteFile } from "./delete-file.ts";
import { makeDirectory, removeDirectory } from "./directories.ts";
import { capabilitiesOf } from "./features.ts";
import { hashFile } from "./hash-file.ts";
import { listDirectory, listTree } from "./list-directory.ts";
import { loadFile } from "./load-file.ts";
import { moveFile } from "./move-file.ts";
import type { RcloneSettings } from "./options.ts";
import { quotaOf } from "./quota.ts";
import { Session } from "./session.ts";
import { checkStorage, createStorage, destroyStorage } from "./storage.ts";
import { storePieces, storeValue } from "./store-file.ts";
import { loadPieces } from "./streams.ts";

const hashers = nodeHashers(crypto);
const tempNames = new TempNames();

/** What a driver is for. */
export interface DriverSetup {
  readonly settings: RcloneSettings;
  /** The place for messages, without secrets. */
  readonly url: string;
  readonly connect: Connect;
}

/** How long rclone goes on running for an `open` that follows a `create`, or the other way round, in ms. */
const spareMs = 2000;

/** Objects on a remote of rclone, which runs as a server of this process. */
export class RcloneDriver implements BackendDriver {
  readonly name = "rclone";
  readonly hashers: HasherFactory = hashers;
  readonly #setup: DriverSetup;
  #session: Session | undefined;
  #spare: Session | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #capabilities: Capabilities;

  constructor(setup: DriverSetup) {
    this.#setup = setup;
    this.#capabilities = capabilitiesOf(undefined, setup.settings.concurrency);
  }

  /** Before `open`, what every remote can do. */
  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  async create({ signal }: OperationOptions): Promise<void> {
    try {
      await this.#whileClosed(signal, ({ remote }) => createStorage(remote, { signal }));
    } catch (error) {
      throw onObject(error, "BACKEND_EXISTS");
    }
  }

  async destroy({ signal }: OperationOptions): Promise<void> {
    const { concurrency } = this.#setup.settings;
    try {
      await this.#whileClosed(signal, ({ remote }) => destroyStorage(remote, concurrency, { signal }));
    } catch (error) {
      throw onObject(error, "BACKEND_NOT_FOUND");
    }
  }

  async open({ signal }: OperationOptions): Promise<void> {
    let session: Session;
    try {
      session = await this.#connect(signal);
    } catch (error) {
      throw onObject(error, "BACKEND_NOT_FOUND");
    }
    try {
      await checkStorage(session.remote, { signal });
    } catch (error) {
      this.#keep(session);
      throw error;
    }
    this.#session = session;
    this.#capabilities = capabilitiesOf(session.remote.features, this.#setup.settings.concurrency);
  }

  async close({ signal }: OperationOptions): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close(signal?.aborted === true);
  }

  async mkdir(name: string, options: OperationOptions): Promise<void> {
    const signal = callSignal(options);
    await makeDirectory(this.#opened().remote, name, { signal, name });
  }

  async rmdir(name: string, options: OperationOptions): Promise<void> {
    const signal = callSignal(options);
    await removeDirectory(this.#opened().changes, name, { signal, name });
  }

  async info(name: string, options: OperationOptions): Promise<ItemInfo> {
    const signal = callSignal(options);
    const { remote } = this.#opened();
    const stat = await remote.stat(name, { signal });
    if (stat !== undefined) {
      const { size, modifiedAtMs } = stat;
      return {
        name,
        exists: true,
        size: size ?? 0,
        isDirectory: false,
        ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
      };
    }
    if (!remote.features.hasDirectories) return missingItem(name);
    const found = await remote.look(name, { signal });
    return found === "directory" ? { name, exists: true, size: 0, isDirectory: true } : missingItem(name);
  }

  load(name: string, options: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
    return loadFile(this.#opened().remote, name, options);
  }

  loadStream(name: string, options: LoadOptions): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    return loadPieces(this.#opened().remote, name, options);
  }

  store(name: string, value: Uint8Array, options: StoreOptions): Promise<void> {
    return storeValue(this.#opened().changes, name, value, options);
  }

  storeStream(name: string, source: ByteSource, options: StoreOptions): Promise<void> {
    return storePieces(this.#opened().changes, name, source, options);
  }

  delete(name: string, options: OperationOptions): Promise<void> {
    const signal = callSignal(options);
    return deleteFile(this.#opened().changes, name, { signal, name });
  }

  move(name: string, newName: string, options: MoveOptions): Promise<void> {
    const signal = callSignal(options);
    return moveFile(this.#opened().changes, name, newName, { signal, name });
  }

  list(name: string, options: DriverListOptions): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    const session = this.#opened();
    return listDirectory(session.remote, name, options, (directory, entry) => session.saw(directory, entry));
  }

  listRecursively(
    name: string,
    options: DriverListOptions,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    const session = this.#opened();
    return listTree(session.remote, name, options, (directory, entry) => session.saw(directory, entry));
  }

  hash(name: string, algorithm: string, options: OperationOptions): Promise<string> {
    return hashFile(this.#opened().remote, name, algorithm, hashers, options);
  }

  quota({ signal }: OperationOptions): Promise<Quota> {
    return quotaOf(this.#opened().remote, { signal });
  }

  describe(): string {
    return this.#setup.url;
  }

  #opened(): Session {
    // The guard calls nothing before; a close that was aborted ends what is under way.
    if (this.#session === undefined) throw new StoreError("NOT_OPEN");
    return this.#session;
  }

  async #connect(signal: CallSignal | undefined): Promise<Session> {
    const spare = this.#spare;
    this.#spare = undefined;
    clearTimeout(this.#spareTimer);
    if (spare !== undefined) return spare;
    const { connect, settings } = this.#setup;
    return await Session.open(connect(), tempNames, settings, signal);
  }

  async #whileClosed(
    signal: CallSignal | undefined,
    work: (session: Session) => Promise<void>,
  ): Promise<void> {
    const session = await this.#connect(signal);
    try {
      await work(session);
    } finally {
      this.#keep(session);
    }
  }

  /** Keeps a session for a moment: mostly it is opened next, and starting rclone takes a third of a second. */
  #keep(session: Session): void {
    this.#spare = session;
    this.#spareTimer = setTimeout(() => {
      if (this.#spare === session) this.#spare = undefined;
      void session.close(true);
    }, spareMs).unref();
  }
}

/** The error where an object has the place of the storage. */
function onObject(error: unknown, code: "BACKEND_EXISTS" | "BACKEND_NOT_FOUND"): unknown {
  if (!StoreError.is(error, "NOT_A_DIRECTORY")) return error;
  return new StoreError(code, { detail: "an object has its place", cause: error });
}
