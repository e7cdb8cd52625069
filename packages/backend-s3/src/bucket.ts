import type {
  CopyObjectCommandOutput,
  DeleteObjectsCommandOutput,
  GetObjectCommandOutput,
  HeadObjectCommandOutput,
  ListObjectsV2CommandOutput,
  PutObjectCommandOutput,
} from "@aws-sdk/client-s3";
import type { Exchange, Requests, CallSignal } from "@borgstore/core";
import { createHash } from "node:crypto";
import { isMissing, notFromS3 } from "./classify.ts";
import type { Connection } from "./connect.ts";
import { objectOptions, type ObjectOptions } from "./object-options.ts";
import type { S3Settings } from "./options.ts";

/** Of every request. */
export interface Call {
  readonly signal: CallSignal | undefined;
  /** The name that errors tell. */
  readonly name?: string | undefined;
}

/** Which page of which keys. */
export interface PageRequest {
  readonly prefix: string;
  /** Keys with a further slash after the prefix become one entry for each directory. */
  readonly byDirectory?: boolean | undefined;
  readonly token?: string | undefined;
  /** Keys up to this one are left out. */
  readonly startAfter?: string | undefined;
  readonly maxKeys?: number | undefined;
}

/** What was asked of a value. */
export interface PartRequest {
  /** As in the HTTP header, e.g. `bytes=0-9`; all of it when left out. */
  readonly range?: string | undefined;
  /** Only when the object is still this one. */
  readonly ifMatch?: string | undefined;
}

/** The requests that objects of one bucket need, one each. Parts of uploads are in `uploads.ts`. */
export class Bucket {
  readonly connection: Connection;
  readonly requests: Requests;
  readonly bucket: string;
  readonly options: ObjectOptions;
  /** The SDK adds a CRC32 to every part; then the upload has to be begun for such parts, or AWS refuses them. */
  readonly multipartChecksum: { ChecksumAlgorithm?: "CRC32"; ChecksumType?: "FULL_OBJECT" };
  readonly #withMd5: boolean;

  constructor(connection: Connection, requests: Requests, bucket: string, settings: S3Settings) {
    this.connection = connection;
    this.requests = requests;
    this.bucket = bucket;
    this.options = objectOptions(settings);
    this.multipartChecksum =
      connection.addsCrc32 && settings.uploadChecksum !== "md5"
        ? { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" }
        : {};
    this.#withMd5 = settings.uploadChecksum === "md5";
  }

  /** What is known of an object; `undefined` when there is none. */
  async head(key: string, { signal, name }: Call): Promise<HeadObjectCommandOutput | undefined> {
    const { sdk, client } = this.connection;
    const command = new sdk.HeadObjectCommand({ Bucket: this.bucket, Key: key, ...this.options.read });
    return await this.requests.run({ signal, name }, async (exchange) => {
      try {
        return await client.send(command, { abortSignal: exchange.signal });
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  /** Asks for a value within an exchange, whose holder reads the body or destroys it. Throws the SDK's errors. */
  async get(
    exchange: Exchange,
    key: string,
    { range, ifMatch }: PartRequest,
  ): Promise<GetObjectCommandOutput> {
    const { sdk, client } = this.connection;
    const command = new sdk.GetObjectCommand({
      Bucket: this.bucket,
      Key: key,
      ...(range === undefined ? {} : { Range: range }),
      ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
      ...this.options.read,
    });
    const output = await client.send(command, { abortSignal: exchange.signal });
    exchange.progress();
    return output;
  }

  /** Stores a value by one request. With `ifAbsent` only what the service makes of If-None-Match. */
  async put(
    key: string,
    value: Uint8Array,
    { signal, name, ifAbsent }: Call & { ifAbsent: boolean },
  ): Promise<PutObjectCommandOutput> {
    const { sdk, client } = this.connection;
    const command = new sdk.PutObjectCommand({
      Bucket: this.bucket,
      Key: key,
      Body: value,
      ContentLength: value.byteLength,
      ...(ifAbsent ? { IfNoneMatch: "*" } : {}),
      ...this.checksumOf(value),
      ...this.options.write,
    });
    return await this.requests.run({ signal, name, bodyBytes: value.byteLength }, async (exchange) => {
      const output = await client.send(command, { abortSignal: exchange.signal });
      if (output.ETag === undefined) throw notFromS3(name);
      return output;
    });
  }

  /** Deletes what is there, if anything is. */
  async delete(key: string, { signal, name }: Call): Promise<void> {
    const { sdk, client } = this.connection;
    const command = new sdk.DeleteObjectCommand({ Bucket: this.bucket, Key: key, ...this.options.plain });
    await this.requests.run({ signal, name }, (exchange) =>
      client.send(command, { abortSignal: exchange.signal }),
    );
  }

  /** Deletes up to 1,000 keys by one request, and tells of each what became of it. */
  async deleteBatch(keys: readonly string[], { signal, name }: Call): Promise<DeleteObjectsCommandOutput> {
    const { sdk, client } = this.connection;
    const command = new sdk.DeleteObjectsCommand({
      Bucket: this.bucket,
      Delete: { Objects: keys.map((key) => ({ Key: key })), Quiet: false },
      ...this.options.plain,
    });
    return await this.requests.run({ signal, name, isLong: true }, (exchange) =>
      client.send(command, { abortSignal: exchange.signal }),
    );
  }

  /** Copies an object of up to 5 GiB within the bucket, as it is at that moment. */
  async copy(
    key: string,
    newKey: string,
    { signal, name, ifAbsent }: Call & { ifAbsent: boolean },
  ): Promise<CopyObjectCommandOutput> {
    const { sdk, client } = this.connection;
    const command = new sdk.CopyObjectCommand({
      Bucket: this.bucket,
      Key: newKey,
      CopySource: this.sourceOf(key),
      ...(ifAbsent ? { IfNoneMatch: "*" } : {}),
      ...this.options.copy,
    });
    return await this.requests.run({ signal, name, isLong: true }, (exchange) =>
      client.send(command, { abortSignal: exchange.signal }),
    );
  }

  /** One page of keys, up to 1,000. */
  async page(request: PageRequest, { signal, name }: Call): Promise<ListObjectsV2CommandOutput> {
    const { sdk, client } = this.connection;
    const { prefix, byDirectory = false, token, startAfter, maxKeys } = request;
    const command = new sdk.ListObjectsV2Command({
      Bucket: this.bucket,
      Prefix: prefix,
      ...(byDirectory ? { Delimiter: "/" } : {}),
      ...(token === undefined ? {} : { ContinuationToken: token }),
      ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
      ...(maxKeys === undefined ? {} : { MaxKeys: maxKeys }),
      ...this.options.plain,
    });
    return await this.requests.run({ signal, name }, async (exchange) => {
      const output = await client.send(command, { abortSignal: exchange.signal });
      // What is no listing at all looks like an empty one otherwise.
      if (output.IsTruncated === undefined) throw notFromS3(name);
      return output;
    });
  }

  /** The source of a copy, as its header has it: each part percent-encoded, since the SDK sends it as it is. */
  sourceOf(key: string): string {
    return `${this.bucket}/${key.split("/").map(encodeURIComponent).join("/")}`;
  }

  /** The checksum of a body that the SDK does not compute by itself. */
  checksumOf(body: Uint8Array): { ContentMD5?: string } {
    return this.#withMd5 ? { ContentMD5: createHash("md5").update(body).digest("base64") } : {};
  }
}
