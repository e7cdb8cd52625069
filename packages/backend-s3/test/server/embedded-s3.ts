import { buildApp } from "fauxqs";
import { correct } from "./embedded-corrections.ts";

/** What a client needs to sign its requests. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * An S3 service in this process, empty at first, in memory only: the package fauxqs, with corrections of ours. Listings
 * (version 2) have the order of bytes and pages as they should be, bodies can have 64 MiB, ranges from the end can be
 * longer than the object, and what it cannot do is `NotImplemented`: versions, tags, attributes, locations, lists of
 * parts and of uploads, `UploadPartCopy`.
 *
 * It still differs from S3:
 *
 * - Signatures, credentials, hashes and lengths of keys are not verified; a body that was damaged on its way is kept.
 * - `PutObject`, `CopyObject` and `DeleteObject` ignore `If-None-Match`, `If-Match` and `x-amz-copy-source-if-*`.
 * - No checksum is kept or answered, no Content-Encoding, Cache-Control or storage class.
 * - HEAD knows no range; a range that it does not understand is an error, where S3 answers with the whole object.
 * - `DeleteObjects` takes more than 1000 keys and none, ignores `Quiet`, and says that it deleted keys with a carriage
 *   return, which stay. Listings have characters that XML does not allow, or that it changes, unless asked to encode.
 * - An upload is found by its id alone, under any key; it can be completed without parts, and not again.
 * - Listings of version 1 have the order of the locale, and lose keys between pages.
 * - Making a bucket that there is succeeds.
 */
export interface EmbeddedS3 extends AsyncDisposable {
  /** For clients: `http://127.0.0.1:PORT`. They have to address buckets by path. */
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly credentials: S3Credentials;
  /** Makes a bucket; does nothing when there is one of this name. */
  createBucket(name: string): Promise<void>;
  /** Closes all connections, and resolves when nothing is left of it. Again: the same. */
  stop(): Promise<void>;
}

const host = "127.0.0.1";

/** Starts an {@link EmbeddedS3} on a free port of 127.0.0.1. */
export async function startEmbeddedS3(): Promise<EmbeddedS3> {
  const app = buildApp({ logger: false });
  correct(app);
  const endpoint = await app.listen({ host, port: 0 });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= app.close();
    return stopped;
  };

  return {
    endpoint,
    port: Number(new URL(endpoint).port),
    region: "us-east-1",
    // It takes any.
    credentials: { accessKeyId: "someone", secretAccessKey: "something" },

    async createBucket(name) {
      const { status } = await fetch(`${endpoint}/${name}`, { method: "PUT" });
      if (status !== 200) throw new Error(`Bucket ${name}: status ${status}`);
    },

    stop,
    [Symbol.asyncDispose]: stop,
  };
}
