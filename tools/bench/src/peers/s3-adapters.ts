import { prefixOf, type S3Place } from "../s3-bench/s3-place.ts";
import { nestKey } from "../measure/keys.ts";
import { asyncSubject } from "../subjects/async-subject.ts";
import type { PeerAdapter } from "./adapters.ts";
import { importFiles } from "./files-sdk.ts";

/** Options of the AWS SDK, which two of the peers take: what compatible services need, as the bare SDK has it. */
function sdkOptions({ endpoint, region, accessKeyId, secretAccessKey }: S3Place): object {
  return {
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  };
}

interface FlydriveDisk {
  put(key: string, value: Uint8Array): Promise<void>;
  getBytes(key: string): Promise<Uint8Array>;
  getMetaData(key: string): Promise<{ readonly contentLength: number }>;
  delete(key: string): Promise<void>;
}

const flydrive =
  (place: S3Place): PeerAdapter =>
  async (importPeer) => {
    const { Disk } = (await importPeer("flydrive")) as {
      readonly Disk: new (driver: object) => FlydriveDisk;
    };
    type Drivers = { readonly S3Driver: new (options: object) => object };
    const { S3Driver } = (await importPeer("flydrive/drivers/s3")) as Drivers;
    return asyncSubject("flydrive", (directory) => {
      // Without requests for access lists, which others do not make.
      const access = { visibility: "private", supportsACL: false };
      const disk = new Disk(new S3Driver({ ...sdkOptions(place), bucket: place.bucket, ...access }));
      const nameOf = nameIn(directory);
      return Promise.resolve({
        store: (key, value) => disk.put(nameOf(key), value),
        load: (key) => disk.getBytes(nameOf(key)),
        info: async (key) => ({ size: (await disk.getMetaData(nameOf(key))).contentLength }),
        delete: (key) => disk.delete(nameOf(key)),
      });
    });
  };

interface UnstorageStorage {
  setItemRaw(key: string, value: Uint8Array): Promise<void>;
  getItemRaw(key: string): Promise<ArrayBuffer>;
  hasItem(key: string): Promise<boolean>;
  removeItem(key: string): Promise<void>;
}

/** It knows no sizes, and lists the first 1,000 objects of the whole bucket. */
const unstorage =
  (place: S3Place): PeerAdapter =>
  async (importPeer) => {
    type Module = { readonly createStorage: (options: { readonly driver: object }) => UnstorageStorage };
    const { createStorage } = (await importPeer("unstorage")) as Module;
    type Driver = { readonly default: (options: S3Place) => object };
    const { default: s3 } = (await importPeer("unstorage/drivers/s3")) as Driver;
    return asyncSubject("unstorage", (directory) => {
      const storage = createStorage({ driver: s3({ ...place }) });
      const nameOf = nameIn(directory);
      return Promise.resolve({
        store: (key, value) => storage.setItemRaw(nameOf(key), value),
        load: async (key) => new Uint8Array(await storage.getItemRaw(nameOf(key))),
        info: (key) => storage.hasItem(nameOf(key)),
        delete: (key) => storage.removeItem(nameOf(key)),
      });
    });
  };

interface OpendalOperator {
  write(path: string, value: Buffer): Promise<unknown>;
  read(path: string): Promise<Buffer>;
  stat(path: string): Promise<{ readonly contentLength: bigint | null }>;
  delete(path: string): Promise<void>;
}

const opendal =
  (place: S3Place): PeerAdapter =>
  async (importPeer) => {
    type Module = { readonly Operator: new (scheme: string, options: object) => OpendalOperator };
    const { Operator } = (await importPeer("opendal")) as Module;
    return asyncSubject("opendal", (directory) => {
      const operator = new Operator("s3", {
        endpoint: place.endpoint,
        region: place.region,
        bucket: place.bucket,
        access_key_id: place.accessKeyId,
        secret_access_key: place.secretAccessKey,
        // Nothing from files or the environment of the user.
        disable_config_load: "true",
        disable_ec2_metadata: "true",
      });
      const nameOf = nameIn(directory);
      return Promise.resolve({
        store: (key, value) =>
          operator.write(nameOf(key), Buffer.from(value.buffer, value.byteOffset, value.byteLength)),
        load: (key) => operator.read(nameOf(key)),
        info: async (key) => ({ size: Number((await operator.stat(nameOf(key))).contentLength) }),
        delete: (key) => operator.delete(nameOf(key)),
      });
    });
  };

const filesSdk =
  (place: S3Place): PeerAdapter =>
  async (importPeer) => {
    const openFiles = await importFiles(importPeer, "s3");
    return asyncSubject("files-sdk", (directory) => {
      const { endpoint, region, bucket, accessKeyId, secretAccessKey } = place;
      const credentials = { accessKeyId, secretAccessKey };
      const options = { endpoint, region, bucket, credentials, forcePathStyle: true };
      const { list: _, ...calls } = openFiles(options, `${prefixOf(directory)}/data`);
      return Promise.resolve(calls);
    });
  };

function nameIn(directory: string): (key: string) => string {
  const prefix = `${prefixOf(directory)}/data/`;
  return (key) => prefix + nestKey(key);
}

const adapterOf: ReadonlyMap<string, (place: S3Place) => PeerAdapter> = new Map([
  ["flydrive", flydrive],
  ["unstorage", unstorage],
  ["opendal", opendal],
  ["files-sdk", filesSdk],
]);

/** Names of the subjects of {@link s3PeerAdapters}. */
export const s3PeerNames: readonly string[] = [...adapterOf.keys()];

/** Clients of S3 on npm, by the name of the subject, with the key in their options. */
export function s3PeerAdapters(place: S3Place): ReadonlyMap<string, PeerAdapter> {
  return new Map([...adapterOf].map(([name, adapter]) => [name, adapter(place)]));
}
