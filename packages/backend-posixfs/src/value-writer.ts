import { joinPieces, StoreError, type ByteSource, type Durability, type StoreOptions } from "@borgstore/core";
import { errnoOf } from "./classify.ts";
import type { FileAccess } from "./file-access.ts";
import { mustYield, nextTurn, nowMs } from "./gate.ts";
import { classifyStoring, prepareRetry, storeFile, storeFileSync } from "./store-file.ts";
import { pieceBytes, storePieces } from "./streams.ts";
import type { Tree } from "./tree.ts";

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

  async store(name: string, value: Uint8Array, options: StoreOptions): Promise<void> {
    const path = this.#tree.pathOf(name);
    const directory = this.#tree.parentOf(path);
    const ifAbsent = options.ifAbsent === true;
    try {
      const room = this.#durability.makeRoom();
      if (room !== undefined) await room;
      if (ifAbsent) await this.#mustBeAbsent(path, name, options.signal);
      const inPool = this.#access.mode.usesPool || value.byteLength > this.#access.mode.largestSyncStoreBytes;
      if (!inPool && !this.#durability.eachFile) {
        await this.#storeSync(directory, path, value, ifAbsent, options.signal);
      } else {
        const how = { ifAbsent, durably: this.#durability.eachFile, signal: options.signal };
        await (inPool
          ? this.#access.runInPool((turn) => storeFile(turn, this.#tree, path, value, how), options.signal)
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
  ): Promise<void> {
    let isDirectoryMissing = false;
    for (let attempt = 1; ; attempt++) {
      while (mustYield()) await nextTurn();
      // The value is the caller's again after an abort.
      if (signal?.aborted === true) throw signal.reason;
      const startedMs = nowMs();
      try {
        // In one step with the store: else an rmdir in this process could always come between the two.
        if (isDirectoryMissing) this.#tree.makeDirectorySync(directory);
        storeFileSync(directory, path, value, ifAbsent);
        this.#access.mode.spent(startedMs);
        return;
      } catch (error) {
        this.#access.mode.spent(startedMs);
        const wasMissing = isDirectoryMissing;
        isDirectoryMissing = errnoOf(error) === "ENOENT" && directory !== this.#tree.base;
        if (isDirectoryMissing && !wasMissing) continue;
        // What is missing now is above the directory.
        const below = isDirectoryMissing ? directory : path;
        await this.#access.run((calls) => prepareRetry(calls, this.#tree, below, error, attempt), signal);
      }
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
