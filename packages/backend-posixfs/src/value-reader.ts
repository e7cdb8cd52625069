import type { Awaitable, LoadOptions, StoreError } from "@borgstore/core";
import { classify, errnoOf } from "./classify.ts";
import type { FileAccess } from "./file-access.ts";
import { mustYield, nextTurn, nowMs } from "./gate.ts";
import { loadFile, loadFileSync, pauseOrThrow } from "./load-file.ts";
import { loadPieces } from "./streams.ts";
import type { Tree } from "./tree.ts";

/** Loads values: decides how by size and medium. */
export class ValueReader {
  readonly #tree: Tree;
  readonly #access: FileAccess;

  constructor(tree: Tree, access: FileAccess) {
    this.#tree = tree;
    this.#access = access;
  }

  load(name: string, options: LoadOptions): Awaitable<Uint8Array<ArrayBuffer>> {
    const path = this.#tree.pathOf(name);
    if (this.#access.mode.usesPool || mustYield()) return this.#loadLater(path, name, options);
    try {
      return this.#loadSync(path, options) ?? this.#loadLater(path, name, options, true);
    } catch (error) {
      return this.#loadAgain(error, path, name, options);
    }
  }

  /** `undefined` for a value that is too large for it. */
  #loadSync(path: string, options: LoadOptions): Uint8Array<ArrayBuffer> | undefined {
    const { mode } = this.#access;
    const startedMs = nowMs();
    try {
      return loadFileSync(path, options, mode.largestSyncLoadBytes);
    } finally {
      mode.spent(startedMs);
    }
  }

  async #loadAgain(
    error: unknown,
    path: string,
    name: string,
    options: LoadOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    await this.#retryLoading(error, name, 1, options.signal);
    return await this.#loadLater(path, name, options, false, 2);
  }

  async #loadLater(
    path: string,
    name: string,
    options: LoadOptions,
    isLarge = false,
    firstAttempt = 1,
  ): Promise<Uint8Array<ArrayBuffer>> {
    for (let attempt = firstAttempt; ; attempt++) {
      try {
        if (!this.#access.mode.usesPool && !isLarge) {
          while (mustYield()) await nextTurn();
          const value = this.#loadSync(path, options);
          if (value !== undefined) return value;
        }
        return await this.#access.runTransferring((calls) => loadFile(calls, path, options), options.signal);
      } catch (error) {
        await this.#retryLoading(error, name, attempt, options.signal);
      }
    }
  }

  async *loadStream(
    name: string,
    options: LoadOptions,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    try {
      yield* loadPieces(this.#access, this.#tree.pathOf(name), options);
    } catch (error) {
      throw await this.readingError(error, name, options.signal);
    }
  }

  async #retryLoading(
    error: unknown,
    name: string,
    attempt: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      await pauseOrThrow(error, attempt);
    } catch {
      throw await this.readingError(error, name, signal);
    }
  }

  /** The store's error for a failed `load` or `list`: tells a missing object from a missing storage. */
  async readingError(error: unknown, name: string, signal: AbortSignal | undefined): Promise<unknown> {
    if (signal?.aborted === true) return error;
    const errno = errnoOf(error);
    // Below an object there is nothing.
    return errno === "ENOENT" || errno === "ENOTDIR"
      ? await this.notFound(name, error)
      : classify(error, name);
  }

  /** The error for a name that is not there. */
  notFound(name: string, cause: unknown): Promise<StoreError> {
    return this.#access.run((calls) => this.#tree.notFound(calls, name, cause));
  }
}
