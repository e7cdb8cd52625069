import {
  DeleteObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from "@aws-sdk/client-s3";

/** Where a bystander looks, and as whom. */
export interface Bucket extends Required<Pick<S3ClientConfig, "endpoint" | "region" | "credentials">> {
  readonly name: string;
}

/** The bare SDK, to look into a bucket and to put things there without either side's knowledge. */
export class Bystander {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor({ name, endpoint, region, credentials }: Bucket) {
    this.#client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    this.#bucket = name;
  }

  /**
   * All objects whose keys begin with the prefix: the rest of the key → size and ETag, which is the MD5 of what was
   * stored at once. The rest is empty for the object that is called like the prefix.
   */
  async objects(prefix: string): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    const request = { Bucket: this.#bucket, Prefix: prefix };
    for await (const { Contents: contents } of paginateListObjectsV2({ client: this.#client }, request)) {
      for (const { Key: key = "", Size: size, ETag: etag } of contents ?? []) {
        found[key.slice(prefix.length)] = `${size} ${etag}`;
      }
    }
    return found;
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: value }));
  }

  async delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }

  close(): void {
    this.#client.destroy();
  }
}
