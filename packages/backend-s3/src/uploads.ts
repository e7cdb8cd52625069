import { createHash } from "node:crypto";
import { StoreError } from "@borgstore/core";
import type { Bucket, Call } from "./bucket.ts";
import { isPreconditionFailed, nameOf } from "./classify.ts";
import { attempts } from "./repeated.ts";

/** An upload in parts that was begun. Until it is completed nothing of it is visible; until it is aborted it is billed. */
export interface Upload extends Call {
  readonly key: string;
  readonly uploadId: string;
}

/** A part that has arrived. */
export interface UploadedPart {
  readonly number: number;
  readonly etag: string;
}

/** The requests of multipart uploads, one each. */
export class Uploads {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  async begin(key: string, { signal, name }: Call): Promise<Upload> {
    const { connection, bucket, options, requests } = this.#bucket;
    const { sdk, client } = connection;
    const command = new sdk.CreateMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      ...this.#bucket.multipartChecksum,
      ...options.write,
    });
    const { UploadId: uploadId } = await requests.run({ signal, name }, (exchange) =>
      client.send(command, { abortSignal: exchange.signal }),
    );
    if (uploadId === undefined) throw incomplete(name, "an upload without an id");
    return { key, uploadId, signal, name };
  }

  /** @param number from 1 to 10,000 */
  async part(
    { key, uploadId, signal, name }: Upload,
    number: number,
    body: Uint8Array,
  ): Promise<UploadedPart> {
    const { connection, bucket, options, requests } = this.#bucket;
    const { sdk, client } = connection;
    const command = new sdk.UploadPartCommand({
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      PartNumber: number,
      Body: body,
      ContentLength: body.byteLength,
      ...this.#bucket.checksumOf(body),
      ...options.part,
    });
    const { ETag: etag } = await requests.run({ signal, name, bodyBytes: body.byteLength }, (exchange) =>
      client.send(command, { abortSignal: exchange.signal }),
    );
    if (etag === undefined) throw incomplete(name, "a part without an ETag");
    return { number, etag };
  }

  /** Copies bytes of an object into a part, if it is still the one with this ETag. */
  async copyPart(
    { key, uploadId, signal, name }: Upload,
    number: number,
    source: { readonly key: string; readonly etag: string; readonly start: number; readonly end: number },
  ): Promise<UploadedPart> {
    const { connection, bucket, options, requests } = this.#bucket;
    const { sdk, client } = connection;
    const command = new sdk.UploadPartCopyCommand({
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      PartNumber: number,
      CopySource: this.#bucket.sourceOf(source.key),
      CopySourceRange: `bytes=${source.start}-${source.end - 1}`,
      CopySourceIfMatch: source.etag,
      ...options.copyPart,
    });
    const { CopyPartResult: result } = await requests.run({ signal, name, isLong: true }, (exchange) =>
      client.send(command, { abortSignal: exchange.signal }),
    );
    if (result?.ETag === undefined) throw incomplete(name, "a copied part without an ETag");
    return { number, etag: result.ETag };
  }

  /**
   * Makes the object of its parts, in the order of their numbers; repeated by itself, since the parts are all there. With
   * `ifAbsent` what the service makes of If-None-Match.
   */
  async complete(upload: Upload, parts: readonly UploadedPart[], ifAbsent: boolean): Promise<void> {
    const inOrder = parts.toSorted((one, other) => one.number - other.number);
    const tries = attempts(upload.signal);
    let mayBeDone = false;
    while (true) {
      try {
        await this.#completeOnce(upload, inOrder, ifAbsent);
        return;
      } catch (error) {
        const isTransient = StoreError.is(error) && error.retryable;
        // Its answer may have been lost; then the upload is gone, and the name is taken by what it made.
        if ((isTransient || mayBeDone) && (await this.#isThere(upload, inOrder))) {
          // Or the same value was there before: then the parts are to go.
          await this.forget(upload);
          return;
        }
        if (mayBeDone && isPreconditionFailed(error)) throw takenMaybeByUs(upload.name, error);
        mayBeDone ||= isTransient;
        if (nameOf(error) === "NoSuchUpload" || !(await tries.again(error))) throw error;
      }
    }
  }

  async #completeOnce(
    { key, uploadId, signal, name }: Upload,
    inOrder: readonly UploadedPart[],
    ifAbsent: boolean,
  ): Promise<void> {
    const { connection, bucket, options, requests } = this.#bucket;
    const { sdk, client } = connection;
    const command = new sdk.CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      MultipartUpload: { Parts: inOrder.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
      ...(ifAbsent ? { IfNoneMatch: "*" } : {}),
      ...options.read,
    });
    const { ETag: etag } = await requests.run({ signal, name, isLong: true }, (exchange) =>
      client.send(command, { abortSignal: exchange.signal }),
    );
    if (etag === undefined) throw incomplete(name, "a completed upload without an ETag");
  }

  /** Gives an upload up, whatever became of the caller's signal. */
  async abort({ key, uploadId, name }: Upload): Promise<void> {
    const { connection, bucket, options, requests } = this.#bucket;
    const { sdk, client } = connection;
    const command = new sdk.AbortMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      ...options.plain,
    });
    await requests.run({ signal: undefined, name }, (exchange) =>
      client.send(command, { abortSignal: exchange.signal }),
    );
  }

  /** Gives an upload up that probably is no more: that it cannot be found is as good. */
  async forget(upload: Upload): Promise<void> {
    try {
      await this.abort(upload);
    } catch (error) {
      if (!StoreError.is(error)) throw error;
    }
  }

  async #isThere({ key, signal, name }: Upload, parts: readonly UploadedPart[]): Promise<boolean> {
    const expected = etagOfParts(parts);
    if (expected === undefined) return false;
    try {
      return (await this.#bucket.head(key, { signal, name }))?.ETag === expected;
    } catch (error) {
      // What cannot be looked at stays what it was; an abort does not.
      if (StoreError.is(error)) return false;
      throw error;
    }
  }
}

/**
 * The ETag of an object that was made of parts, where it is the MD5 of the parts' MD5s and their number, as all services
 * do without encryption by keys of their own; `undefined` where a part's ETag is no MD5.
 */
function etagOfParts(parts: readonly UploadedPart[]): string | undefined {
  const hash = createHash("md5");
  for (const { etag } of parts) {
    const digest = /^"?([0-9a-f]{32})"?$/.exec(etag)?.[1];
    if (digest === undefined) return undefined;
    hash.update(Buffer.from(digest, "hex"));
  }
  return `"${hash.digest("hex")}-${parts.length}"`;
}

/**
 * The name is taken, maybe by what an attempt made whose answer was lost. Worth repeating: whoever repeats the call
 * compares what is there with what was to be stored.
 */
function takenMaybeByUs(name: string | undefined, cause: unknown): StoreError {
  return new StoreError("UNAVAILABLE", {
    key: name,
    detail: "the answer to completing the upload was lost, and the name is taken now",
    // One level deeper, so that nobody takes it for a refusal.
    cause: new Error("a condition of the request did not hold", { cause }),
  });
}

function incomplete(name: string | undefined, what: string): StoreError {
  return new StoreError("UNEXPECTED", { key: name, detail: `the service answered with ${what}` });
}
