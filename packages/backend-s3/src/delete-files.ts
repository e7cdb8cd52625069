import {
  copyError,
  forEachConcurrently,
  StoreError,
  type DeleteResult,
  type CallSignal,
} from "@borgstore/core";
import type { Bucket } from "./bucket.ts";
import { classifyCode, isNotImplemented, statusOf } from "./classify.ts";
import { findListed } from "./find-listed.ts";
import type { Target } from "./store-file.ts";

/** What one bulk request takes, by the protocol. */
const mostInOneRequest = 1000;

/** A key that could not be deleted. */
export interface DeletionFailure {
  readonly key: string;
  readonly error: unknown;
}

/** Names by key. */
type Names = ReadonlyMap<string, string>;

/** How objects are deleted. */
export interface DeletionOptions {
  /** Whether what is not there is to be told. */
  readonly check: boolean;
  readonly concurrency: number;
}

/** Deletes objects: many by one request, where the service can do that. */
export class Deletions {
  readonly #bucket: Bucket;
  readonly #options: DeletionOptions;
  #hasBulk: boolean;

  constructor(bucket: Bucket, options: DeletionOptions, hasBulk: boolean) {
    this.#bucket = bucket;
    this.#options = options;
    this.#hasBulk = hasBulk;
  }

  /**
   * Deletes one object. Services do not say whether there was one, so that has to be asked first, unless the options
   * say that nobody wants to know.
   *
   * @throws StoreError `NOT_FOUND`.
   */
  async deleteOne({ key, name }: Target, signal: CallSignal | undefined): Promise<void> {
    if (this.#options.check && (await this.#bucket.head(key, { signal, name })) === undefined) {
      throw new StoreError("NOT_FOUND", { key: name });
    }
    await this.#bucket.delete(key, { signal, name });
  }

  /** Deletes many objects; results come in the order of the targets. */
  async deleteMany(
    targets: readonly Target[],
    signal: CallSignal | undefined,
  ): Promise<readonly DeleteResult[]> {
    const names = new Map(targets.map(({ key, name }) => [key, name]));
    const failures = this.#options.check
      ? await this.#findMissing(names, signal)
      : new Map<string, unknown>();
    const there = [...names.keys()].filter((key) => !failures.has(key));
    for (const { key, error } of await this.deleteKeys(there, signal, names)) failures.set(key, error);
    return targets.map(({ key, name }) =>
      failures.has(key) ? { name, error: failures.get(key) } : { name },
    );
  }

  /** Finds out which keys are not there, by as few requests as that takes; returns what to tell of them. */
  async #findMissing(names: Names, signal: CallSignal | undefined): Promise<Map<string, unknown>> {
    const failures = new Map<string, unknown>();
    const listed = await findListed(this.#bucket, names.keys(), signal);
    const unseen = [...names].filter(([key]) => !listed.has(key));
    await forEachConcurrently(unseen, this.#options.concurrency, async ([key, name]) => {
      try {
        if ((await this.#bucket.head(key, { signal, name })) !== undefined) return;
        failures.set(key, new StoreError("NOT_FOUND", { key: name }));
      } catch (error) {
        failures.set(key, error);
      }
    });
    return failures;
  }

  /**
   * Deletes keys, also those that are no names; returns those that could not be deleted.
   *
   * @param names what errors call the keys, where that is something else
   */
  async deleteKeys(
    keys: readonly string[],
    signal: CallSignal | undefined,
    names: Names = new Map(),
  ): Promise<readonly DeletionFailure[]> {
    const failures: DeletionFailure[] = [];
    for (let at = 0; at < keys.length; at += mostInOneRequest) {
      const batch = keys.slice(at, at + mostInOneRequest);
      failures.push(...(await this.#deleteBatch(batch, signal, names)));
    }
    return failures;
  }

  async #deleteBatch(
    keys: readonly string[],
    signal: CallSignal | undefined,
    names: Names,
  ): Promise<readonly DeletionFailure[]> {
    if (!this.#hasBulk || keys.length === 1) return await this.#deleteEach(keys, signal, names);
    try {
      const { Errors: errors = [], Deleted: deleted = [] } = await this.#bucket.deleteBatch(keys, { signal });
      const failures = errors
        .filter(({ Code: code }) => code !== "NoSuchKey")
        .map(({ Key: key = "", Code: code }) => ({ key, error: classifyCode(code, names.get(key) ?? key) }));
      // What is not confirmed may not have been read as it was meant, or was not even sent to an S3 service.
      const told = new Set([...errors, ...deleted].map(({ Key: key }) => key));
      const untold = keys.filter((key) => !told.has(key));
      return [...failures, ...(await this.#deleteEach(untold, signal, names))];
    } catch (error) {
      if (isNotImplemented(error)) this.#hasBulk = false;
      // Some refuse a whole request because of one key in it, or of a header.
      else if (!isRefusedAsSuch(error)) {
        return keys.map((key) => ({
          key,
          error: copyError(error, "a request for several objects failed", names.get(key) ?? key),
        }));
      }
      return await this.#deleteEach(keys, signal, names);
    }
  }

  async #deleteEach(
    keys: readonly string[],
    signal: CallSignal | undefined,
    names: Names,
  ): Promise<readonly DeletionFailure[]> {
    const failures: DeletionFailure[] = [];
    await forEachConcurrently(keys, this.#options.concurrency, async (key) => {
      try {
        await this.#bucket.delete(key, { signal, name: names.get(key) ?? key });
      } catch (error) {
        failures.push({ key, error });
      }
    });
    return failures;
  }
}

/** Whether the service does not take a request as it is; wrong credentials would not be better for single objects. */
function isRefusedAsSuch(error: unknown): boolean {
  if (statusOf(error) !== 400) return false;
  return StoreError.is(error, "UNEXPECTED") || StoreError.is(error, "INTEGRITY");
}
