import {
  Durability,
  mapConcurrently,
  missingItem,
  nodeHashers,
  TempNames,
  type BackendDriver,
  type ByteSource,
  type Capabilities,
  type DeleteResult,
  type DriverListOptions,
  type DurabilityOption,
  type HasherFactory,
  type ItemInfo,
  type LoadOptions,
  type MoveOptions,
  type OperationOptions,
  type Quota,
  type StoreOptions,
} from "@borgstore/core";
import * as crypto from "node:crypto";
import { Abilities } from "./abilities.ts";
import { classify, isMissing } from "./classify.ts";
import { Connections, type Connect } from "./connections.ts";
import { makeDirectory } from "./directories.ts";
import { Explainer } from "./explain.ts";
import { HardlinkProbe } from "./hardlinks.ts";
import { hashFile } from "./hash-file.ts";
import { listDirectory } from "./list-directory.ts";
import { loadFile } from "./load-file.ts";
import { moveFile } from "./move-file.ts";
import type { SftpSettings } from "./options.ts";
import { quotaOf } from "./quota.ts";
import { describe } from "./read-entries.ts";
import type { Session } from "./session.ts";
import { checkStorage, createStorage, destroyStorage } from "./storage.ts";
import { storeFile, type StoreSource } from "./store-file.ts";
import { loadPieces } from "./streams.ts";
import { makeSyncer } from "./syncer.ts";
import { TempSweep } from "./sweep.ts";
import { Tree } from "./tree.ts";

const hashers = nodeHashers(crypto);
const tempNames = new TempNames();
/** Deletions in flight at a time: a line of 100 ms is full then, and no server is overrun. */
const deletedAtOnce = 128;

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
 * without waiting for answers; every change passes `Durability` before it is acknowledged.
 */
export class SftpDriver implements BackendDriver {
  readonly name = "sftp";
  readonly hashers: HasherFactory = hashers;
  readonly #settings: SftpSettings;
  readonly #url: string;
  readonly #tree: Tree;
  readonly #abilities = new Abilities();
  readonly #connections: Connections;
  readonly #explainer: Explainer;
  readonly #probe: HardlinkProbe;
  readonly #sweep: TempSweep;
  #durability: Durability;

  constructor({ settings, path, url, connect }: DriverSetup) {
    this.#settings = settings;
    this.#url = url;
    this.#tree = new Tree(path);
    this.#connections = new Connections(connect, settings.connections);
    this.#explainer = new Explainer(this.#tree, this.#abilities);
    this.#probe = new HardlinkProbe(this.#abilities, this.#tree, () => tempNames.next());
    this.#sweep = new TempSweep(tempNames, settings.staleTempAgeMs);
    this.#durability = this.#makeDurability(settings.durability);
  }

  get capabilities(): Capabilities {
    return this.#abilities.capabilities(this.#durability.option !== "none");
  }

  async create({ signal }: OperationOptions): Promise<void> {
    await this.#whileClosed(signal, async (session) => {
      this.#abilities.announce(session);
      const syncer = makeSyncer(this.#tree, (work) => work(session));
      const isDurable = this.#abilities.fsync && this.#durability.option !== "none";
      await createStorage(session, this.#tree, isDurable ? syncer : undefined);
    });
  }

  async destroy({ signal }: OperationOptions): Promise<void> {
    await this.#whileClosed(signal, (session) => destroyStorage(session, this.#tree, signal));
    this.#durability.forget();
  }

  async open({ signal }: OperationOptions): Promise<void> {
    try {
      await this.#run("", signal, async (session) => {
        this.#abilities.announce(session);
        await checkStorage(session, this.#tree, this.#settings.allowLinkedNamespaces);
      });
    } catch (error) {
      await this.#connections.close(signal?.aborted === true);
      throw error;
    }
    this.#explainer.sawStorage();
    // A server that cannot sync is left to itself.
    if (!this.#abilities.fsync) this.#durability = this.#makeDurability("none");
  }

  async close({ signal }: OperationOptions): Promise<void> {
    await this.#sweep.stop();
    await this.#connections.close(signal?.aborted === true);
  }

  async mkdir(name: string, { signal }: OperationOptions): Promise<void> {
    const path = this.#tree.pathOf(name);
    await this.#run(name, signal, async (session) => {
      await makeDirectory(session, this.#tree, path, (made) => this.#durability.made(made));
      await this.#durability.changed(path);
    });
  }

  async rmdir(name: string, { signal }: OperationOptions): Promise<void> {
    const path = this.#tree.pathOf(name);
    await this.#run(name, signal, async (session) => {
      try {
        if (!this.#abilities.isFileSystem) await this.#explainer.mustBe("directory", session, { name, path });
        await session.client.rmdir(path);
      } catch (error) {
        throw await this.#explainer.removingDirectory(session, error, { name, path });
      }
      await this.#durability.changed(this.#tree.parentOf(path));
    });
  }

  async info(name: string, { signal }: OperationOptions): Promise<ItemInfo> {
    const path = this.#tree.pathOf(name);
    return await this.#run(name, signal, async (session) => {
      try {
        let found = await session.client.lstat(path);
        if (found.kind === "link" && this.#mayBeLinked(name)) found = await session.client.stat(path);
        const isShown = found.kind !== "link" && found.kind !== "other";
        return isShown ? describe(name, found) : missingItem(name);
      } catch (error) {
        if (isMissing(error)) return missingItem(name);
        throw error;
      }
    });
  }

  async load(name: string, options: LoadOptions): Promise<Uint8Array<ArrayBuffer>> {
    const path = this.#tree.pathOf(name);
    return await this.#run(name, options.signal, async (session) => {
      try {
        return await loadFile(session, path, options);
      } catch (error) {
        throw await this.#explainer.reading(session, error, { name, path });
      }
    });
  }

  async *loadStream(
    name: string,
    options: LoadOptions,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const path = this.#tree.pathOf(name);
    yield* this.#iterate(
      options.signal,
      (session) => loadPieces(session, path, options),
      (session, error) => this.#explainer.reading(session, error, { name, path }),
    );
  }

  async store(name: string, value: Uint8Array, options: StoreOptions): Promise<void> {
    await this.#store(name, { value }, options);
  }

  async storeStream(name: string, source: ByteSource, options: StoreOptions): Promise<void> {
    await this.#store(name, { pieces: source }, options);
  }

  async #store(name: string, source: StoreSource, { ifAbsent = false, signal }: StoreOptions): Promise<void> {
    const path = this.#tree.pathOf(name);
    const room = this.#durability.makeRoom();
    if (room !== undefined) await room;
    await this.#run(name, signal, async (session) => {
      if (ifAbsent) await this.#probe.mustWork(session);
      await storeFile(session, {
        tree: this.#tree,
        abilities: this.#abilities,
        path,
        ifAbsent,
        allowUnsafeReplace: this.#settings.allowUnsafeReplace,
        signal,
        source,
        durably: this.#durability.eachFile,
        newTempName: () => tempNames.next(),
        onMade: (made) => this.#durability.made(made),
        explain: (error, byteCount) =>
          this.#explainer.storing(session, error, { name, path, ifAbsent, byteCount }),
      });
      const durable = this.#durability.stored(path);
      if (durable !== undefined) await durable;
    });
  }

  async delete(name: string, { signal }: OperationOptions): Promise<void> {
    await this.#run(name, signal, (session) => this.#delete(session, name));
  }

  async #delete(session: Session, name: string): Promise<void> {
    const path = this.#tree.pathOf(name);
    try {
      if (!this.#abilities.isFileSystem) await this.#explainer.mustBe("file", session, { name, path });
      await session.client.remove(path);
    } catch (error) {
      throw await this.#explainer.deleting(session, error, { name, path });
    }
    const durable = this.#durability.deleted(path);
    if (durable !== undefined) await durable;
  }

  async deleteMany(names: readonly string[], { signal }: OperationOptions): Promise<readonly DeleteResult[]> {
    return await this.#run("", signal, async (session) => {
      const remove = async (name: string): Promise<DeleteResult> => {
        if (signal?.aborted === true) return { name, error: signal.reason };
        try {
          await this.#delete(session, name);
          return { name };
        } catch (error) {
          return { name, error };
        }
      };
      const results: DeleteResult[] = [];
      for await (const result of mapConcurrently(names, deletedAtOnce, remove)) results.push(result);
      return results;
    });
  }

  async move(name: string, newName: string, { ifAbsent = false, signal }: MoveOptions): Promise<void> {
    const oldPath = this.#tree.pathOf(name);
    const path = this.#tree.pathOf(newName);
    await this.#run(name, signal, async (session) => {
      if (ifAbsent) await this.#probe.mustWork(session);
      let wasMoved = false;
      this.#durability.beginMove(oldPath, path);
      try {
        wasMoved = await moveFile(session, {
          tree: this.#tree,
          abilities: this.#abilities,
          path,
          oldPath,
          ifAbsent,
          allowUnsafeReplace: this.#settings.allowUnsafeReplace,
          signal,
          onMade: (made) => this.#durability.made(made),
        });
      } catch (error) {
        throw signal?.aborted === true
          ? error
          : await this.#explainer.storing(session, error, { name: newName, path, ifAbsent });
      } finally {
        const directories = [this.#tree.parentOf(path), this.#tree.parentOf(oldPath)];
        await this.#durability.endMove(oldPath, path, directories, wasMoved);
      }
      if (!wasMoved) throw await this.#explainer.notFound(session, name, undefined);
    });
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
    { signal }: DriverListOptions,
    recursive: boolean,
  ): AsyncGenerator<readonly ItemInfo[], void, undefined> {
    const path = this.#tree.pathOf(name);
    yield* this.#iterate(
      signal,
      (session) =>
        listDirectory({
          session,
          name,
          path,
          recursive,
          followLinks: name === "" && this.#settings.allowLinkedNamespaces,
          signal,
          onForeign: (foreign, entry) => this.#sweep.saw(session, foreign, entry),
        }),
      (session, error) => this.#explainer.listing(session, error, { name, path }),
    );
  }

  async hash(name: string, algorithm: string, options: OperationOptions): Promise<string> {
    const path = this.#tree.pathOf(name);
    return await this.#run(name, options.signal, async (session) => {
      try {
        return await hashFile(session, this.#abilities, path, algorithm, hashers, options);
      } catch (error) {
        throw await this.#explainer.reading(session, error, { name, path });
      }
    });
  }

  async quota({ signal }: OperationOptions): Promise<Quota> {
    return await this.#run("", signal, (session) => quotaOf(session, this.#abilities, this.#tree));
  }

  async sync(): Promise<void> {
    try {
      await this.#durability.sync();
    } catch (error) {
      throw classify(error);
    }
  }

  describe(): string {
    return this.#url;
  }

  /** Runs one operation with a connection, and classifies what it fails with. */
  async #run<T>(
    name: string,
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#connections.use(signal, work);
    } catch (error) {
      throw signal?.aborted === true ? error : classify(error, name === "" ? undefined : name);
    }
  }

  /** Runs an iteration with a connection. */
  async *#iterate<T>(
    signal: AbortSignal | undefined,
    start: (session: Session) => AsyncIterable<T>,
    explain: (session: Session, error: unknown) => Promise<unknown>,
  ): AsyncGenerator<T, void, undefined> {
    const session = await this.#connections.acquire(signal);
    try {
      yield* start(session);
    } catch (error) {
      throw signal?.aborted === true ? error : classify(await explain(session, error));
    } finally {
      this.#connections.release(session);
    }
  }

  /** For calls on a closed backend: connects, and disconnects whatever happens. */
  async #whileClosed(
    signal: AbortSignal | undefined,
    work: (session: Session) => Promise<void>,
  ): Promise<void> {
    try {
      await this.#run("", signal, work);
    } finally {
      await this.#connections.close(signal?.aborted === true);
    }
  }

  /** Whether a link of this name can be a namespace. */
  #mayBeLinked(name: string): boolean {
    return this.#settings.allowLinkedNamespaces && !name.includes("/");
  }

  #makeDurability(option: DurabilityOption): Durability {
    return new Durability(
      option,
      makeSyncer(this.#tree, (work) => this.#connections.use(undefined, work)),
    );
  }
}
