import { copyError, StoreError, type TempNames } from "@borgstore/core";
import type { Bucket, Call } from "./bucket.ts";
import { isNotImplemented, isPreconditionFailed, statusOf } from "./classify.ts";
import type { Keys } from "./keys.ts";
import { Uploads } from "./uploads.ts";

/** The requests that can be told to do nothing when the name is taken. */
export type ConditionalRequest = "put" | "complete" | "copy";

/** What was found out, by service and request, for as long as the process runs. */
const known = new Map<string, boolean>();

/**
 * Whether a service obeys `If-None-Match: *`, which many ignore without a word. It is tried out when it is needed first,
 * by creating a temporary object twice; what was found out holds for all backends at this service.
 */
export class ConditionalRequests {
  readonly #bucket: Bucket;
  readonly #keys: Keys;
  readonly #tempNames: TempNames;
  readonly #declared: boolean | "probe";
  readonly #probing = new Map<ConditionalRequest, Promise<boolean>>();

  /** @param declared `true` for uploads of which that is known; then only copies are tried out */
  constructor(bucket: Bucket, keys: Keys, tempNames: TempNames, declared: boolean | "probe") {
    this.#bucket = bucket;
    this.#keys = keys;
    this.#tempNames = tempNames;
    this.#declared = declared;
  }

  /** Whether the service obeys; rejects when that cannot be found out now. */
  async obeys(request: ConditionalRequest): Promise<boolean> {
    if (this.#declared !== "probe" && request !== "copy") return this.#declared;
    const id = `${this.#bucket.connection.service} ${request}`;
    const found = known.get(id);
    if (found !== undefined) return found;
    // One at a time, for all who ask here.
    const probing = this.#probing.get(request) ?? this.#probe(request);
    this.#probing.set(request, probing);
    try {
      const obeys = await probing;
      known.set(id, obeys);
      return obeys;
    } catch (error) {
      throw copyError(error, "it could not be found out whether the service heeds If-None-Match");
    } finally {
      // What could not be found out is tried again.
      this.#probing.delete(request);
    }
  }

  /** @throws StoreError `UNSUPPORTED` when the service does not obey. */
  async mustObey(request: ConditionalRequest, name: string): Promise<void> {
    if (await this.obeys(request)) return;
    throw new StoreError("UNSUPPORTED", {
      key: name,
      detail: "the service ignores If-None-Match, so it cannot create a name only if it is absent",
    });
  }

  /** Takes no signal: others may wait for what is found out, and each request has its limit. */
  async #probe(request: ConditionalRequest): Promise<boolean> {
    const key = this.#keys.keyOf(this.#tempNames.next());
    const call: Call = { signal: undefined };
    try {
      await this.#bucket.put(key, new Uint8Array(0), { ...call, ifAbsent: false });
      return await isRefused(() => this.#attempt(request, key, call));
    } finally {
      await this.#remove(key, call);
    }
  }

  async #attempt(request: ConditionalRequest, key: string, call: Call): Promise<void> {
    if (request === "put") {
      await this.#bucket.put(key, new Uint8Array(0), { ...call, ifAbsent: true });
      return;
    }
    if (request === "copy") {
      await this.#attemptCopy(key, call);
      return;
    }
    const uploads = new Uploads(this.#bucket);
    const upload = await uploads.begin(key, call);
    try {
      const part = await uploads.part(upload, 1, new Uint8Array(1));
      await uploads.complete(upload, [part], true);
    } catch (error) {
      await uploads.forget(upload);
      throw error;
    }
  }

  async #attemptCopy(key: string, call: Call): Promise<void> {
    const other = this.#keys.keyOf(this.#tempNames.next());
    await this.#bucket.put(other, new Uint8Array(0), { ...call, ifAbsent: false });
    try {
      await this.#bucket.copy(other, key, { ...call, ifAbsent: true });
    } finally {
      await this.#remove(other, call);
    }
  }

  /** What was found out holds, whether or not the temporary object can be removed: some may not delete. */
  async #remove(key: string, call: Call): Promise<void> {
    try {
      await this.#bucket.delete(key, call);
    } catch (error) {
      if (!StoreError.is(error)) throw error;
    }
  }
}

async function isRefused(attempt: () => Promise<void>): Promise<boolean> {
  try {
    await attempt();
    return false;
  } catch (error) {
    if (isPreconditionFailed(error)) return true;
    // Others with this status, such as RequestTimeout, say nothing about the condition.
    if (isNotImplemented(error) || (statusOf(error) === 400 && StoreError.is(error, "UNEXPECTED")))
      return false;
    throw error;
  }
}
