import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { S3BackendOptions, S3Options } from "../src/index.ts";

/** A bucket of a server that is running. */
export interface Place {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Options for a storage at a prefix of the bucket. */
export function optionsFor(place: Place, prefix: string, options: S3Options = {}): S3BackendOptions {
  const { endpoint, region, bucket, credentials } = place;
  return { endpoint, region, bucket, credentials, prefix, ...options };
}

/** The bare SDK, to look behind a backend's back. */
export class Outsider {
  readonly client: S3Client;
  readonly #bucket: string;

  constructor({ endpoint, region, bucket, credentials }: Place) {
    this.#bucket = bucket;
    this.client = new S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: value }));
  }

  async get(key: string): Promise<Uint8Array> {
    const { Body: body } = await this.client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
    return (await body?.transformToByteArray()) ?? new Uint8Array(0);
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }

  close(): void {
    this.client.destroy();
  }
}
