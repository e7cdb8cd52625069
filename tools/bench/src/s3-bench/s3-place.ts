import { basename } from "node:path";
import type { Rgw } from "@borgstore/tools-peers";

/** The bucket of a service that is measured. */
export interface S3Place {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const bucket = "bench";

/** Makes a bucket. */
export async function makePlace(rgw: Rgw): Promise<S3Place> {
  await rgw.createBucket(bucket);
  const { endpoint, region, credentials } = rgw;
  return { endpoint, region, bucket, ...credentials };
}

/** What the keys of the storage that belongs to a directory begin with: directories are what tells subjects apart. */
export function prefixOf(directory: string): string {
  return `${basename(directory)}/store`;
}

/** The URL of that storage. */
export function urlOf(place: S3Place, directory: string): string {
  const { accessKeyId, secretAccessKey, endpoint } = place;
  return `s3:${accessKeyId}:${secretAccessKey}@${endpoint}/${place.bucket}/${prefixOf(directory)}`;
}

/** A text that others made, without either part of the key, should they be in it. */
export function withoutKeys({ accessKeyId, secretAccessKey }: S3Place, text: string): string {
  return text.replaceAll(secretAccessKey, "(a secret)").replaceAll(accessKeyId, "(a key)");
}
