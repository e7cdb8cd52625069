import {
  joinPieces,
  StoreError,
  type Awaitable,
  type ByteSource,
  type Durability,
  type StoreOptions,
} from "@borgstore/core";
import { errnoOf } from "./classify.ts";
import type { FileAccess } from "./file-access.ts";
import { mustYield, nextTurn, nowMs } from "./gate.ts";
import { classifyStoring, prepareRetry, storeFile, storeFileSync } from "./store-file.ts";
import { pieceBytes, storePieces } from "./streams.ts";
import type { Tree } from "./tree.ts";

/** What a store failed with. */
interface Failure {
  readonly error: unknown;
  /** The path below which something may have to be done before the next attempt. */
  readonly at: string;
}

/** Stores values: decides how by size, durability and medium, and reports to {@link Durability}. */
export class ValueWriter {
  readonly #tree: Tree;
  readonly #access: FileAccess;
  readonly #durability: Durability;

  constructor(tree: Tree, access: FileAccess, durability: Durability) {
    this.#tree = tree;
    this.#access = access;
    this.#durability = durability;
  }

  store(name: string, value: Uint8Array, options: StoreOptions): Awaitable<void> {
    const path = this.#tree.pathOf(name);
    const directory = this.#tree.parentOf(path);
    const { mode } = this.#access;
    const isSmall = !mode.usesPool && value.byteLength <= mode.largestSyncStoreBytes;
    const isPlain = options.ifAbsent !== true && !this.#durability.eachFile && !this.#durability.isFull;
    if (!isSmall || !isPlain || mustYield()) return this.#storeLater(path, directory, name, value, options);
    const failure = this.#storeAtOnce(directory, path, value, false);
    if (failure !== undefined) return this.#storeLater(path, directory, name, value, options, failure);
    return this.#durability.stored(path);
  }

  /** @param failed the first attempt, where there was one */
  async #storeLater(
    path: string,
    directory: string,
    name: string,
    value: Uint8Array,
    options: StoreOptions,
    failed?: Failure,
  ): Promise<void> {
    const ifAbsent = options.ifAbsent === true;
    try {
      const room = this.#durability.makeRoom();
      if (room !== undefined) await room;
      if (ifAbsent) await this.#mustBeAbsent(path, name, options.signal);
      const inPool = this.#access.mode.usesPool || value.byteLength > this.#access.mode.largestSyncStoreBytes;
      if (!inPool && !this.#durability.eachFile) {
        await this.#storeSync(directory, path, value, ifAbsent, options.signal, failed);
      } else {
        const how = { ifAbsent, durably: this.#durability.eachFile, signal: options.signal };
        await (inPool
          ? this.#access.runTransferring(
              (calls) => storeFile(calls, this.#tree, path, value, how),
              options.signal,
            )
          : this.#access.runSyncing(
              (calls) => storeFile(calls, this.#tree, path, value, how),
              options.signal,
            ));
      }
      const durable = this.#durability.stored(path);
      if (durable !== undefined) await durable;
    } catch (error) {
      throw options.signal?.aborted === true ? error : classifyStoring(error, name, ifAbsent);
    }
  }

  async #storeSync(
    directory: string,
    path: string,
    value: Uint8Array,
    ifAbsent: boolean,
    signal: AbortSignal | undefined,
    failed: Failure | undefined,
  ): Promise<void> {
    let failure = failed;
    // Counts the attempts that have failed.
    for (let attempt = failed === undefined ? 0 : 1; ; attempt++) {
      if (failure !== undefined) {
        const { error, at } = failure;
        await this.#access.run((calls) => prepareRetry(calls, this.#tree, at, error, attempt), signal);
      }
      while (mustYield()) await nextTurn();
      // The value is the caller's again after an abort.
      if (signal?.aborted === true) throw signal.reason;
      // What is above the directory was made; the directory itself is made in one step with the store.
      failure = this.#storeAtOnce(directory, path, value, ifAbsent, failure?.at === directory);
      if (failure === undefined) return;
    }
  }

  /**
   * Tries to store by synchronous calls, and makes the directory when it is missing: in one step with the store, else an
   * rmdir in this process could always come between the two.
   *
   * @returns what it failed with
   */
  #storeAtOnce(
    directory: string,
    path: string,
    value: Uint8Array,
    ifAbsent: boolean,
    isKnownMissing = false,
  ): Failure | undefined {
    const startedMs = nowMs();
    let isDirectoryMissing = isKnownMissing;
    try {
      while (true) {
        try {
          if (isDirectoryMissing) this.#tree.makeDirectoriesSync(directory);
          storeFileSync(directory, path, value, ifAbsent);
          return undefined;
        } catch (error) {
          const wasMissing = isDirectoryMissing;
          isDirectoryMissing = errnoOf(error) === "ENOENT" && directory !== this.#tree.base;
          if (isDirectoryMissing && !wasMissing) continue;
          // What is missing now is above the directory, and takes a closer look.
          return { error, at: isDirectoryMissing ? directory : path };
        }
      }
    } finally {
      this.#access.mode.spent(startedMs);
    }
  }

  async storeStream(name: string, source: ByteSource, options: StoreOptions): Promise<void> {
    const path = this.#tree.pathOf(name);
    const ifAbsent = options.ifAbsent === true;
    let sourceFailure: { readonly error: unknown } | undefined;
    const watched = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* source;
      } catch (error) {
        sourceFailure = { error };
        throw error;
      }
    };
    try {
      await this.#durability.makeRoom();
      if (ifAbsent) await this.#mustBeAbsent(path, name, options.signal);
      const how = { ifAbsent, durably: this.#durability.eachFile, signal: options.signal };
      await storePieces(this.#access, this.#tree, path, joinPieces(watched(), pieceBytes), how);
      await this.#durability.stored(path);
    } catch (error) {
      if (sourceFailure !== undefined) throw sourceFailure.error;
      throw options.signal?.aborted === true ? error : classifyStoring(error, name, ifAbsent);
    }
  }

  /** Spares the writing where it would be for nothing; the medium decides in the end all the same. */
  async #mustBeAbsent(path: string, name: string, signal: AbortSignal | undefined): Promise<void> {
    const found = await this.#access.run(async (calls) => await calls.lstat(path), signal);
    if (found !== undefined) throw new StoreError("ALREADY_EXISTS", { key: name });
  }
}
