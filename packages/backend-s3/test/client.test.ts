import { DeleteObjectsCommand, HeadObjectCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { s3Backend, type S3Options } from "../src/index.ts";
import { embeddedSite, type Opened } from "./behind-interceptor.ts";
import { failing } from "./server/faults.ts";
import type { RecordedRequest } from "./server/recorded-request.ts";
import type { S3Operation } from "./server/s3-operation.ts";

const MiB = 1024 * 1024;
const value = new Uint8Array(10).fill(7);
const site = embeddedSite();

function clientOf(config: S3ClientConfig = {}): S3Client {
  const { endpoint, region, credentials } = site.place;
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, ...config });
  onTestFinished(() => client.destroy());
  return client;
}

/** A storage that is used through a client of the caller's. */
async function openWith(client: S3Client, options: S3Options = {}): Promise<Opened> {
  const { bucket } = site.place;
  const prefix = site.newPrefix();
  const backend = s3Backend({ bucket, prefix, client, service: "other", ...options });
  onTestFinished(() => backend.close());
  await backend.create();
  await backend.open();
  site.interceptor.clear();
  return { backend, base: `${prefix}/` };
}

function recorded(operation: S3Operation): RecordedRequest[] {
  return site.interceptor.requests.filter((request) => request.operation === operation);
}

describe("a client of the caller's", () => {
  test("is used", async () => {
    const { backend, base } = await openWith(clientOf({ customUserAgent: "the-callers/1.0" }));
    await backend.store("a", value);
    expect(await backend.load("a")).toEqual(value);
    expect(await site.keysAt(base)).toEqual([base, `${base}a`]);
    for (const { headers } of site.interceptor.requests) {
      expect(headers["user-agent"]).toContain("the-callers/1.0");
    }
  });

  test("is not destroyed when the backend is closed, or made anew when it is opened again", async () => {
    const client = clientOf();
    let destroyed = 0;
    const { requestHandler } = client.config;
    const destroy = requestHandler.destroy?.bind(requestHandler);
    requestHandler.destroy = () => {
      destroyed++;
      destroy?.();
    };
    const { backend } = await openWith(client);
    const accepted = site.interceptor.acceptedSockets;
    await backend.close();
    await backend.open();
    await backend.store("a", value);
    await backend.close();
    await backend.destroy();
    expect([destroyed, site.interceptor.acceptedSockets]).toEqual([0, accepted]);
  });

  test.each([{}, { cacheMiddleware: true }])(
    "with %j does not repeat what the backend asks for, and goes on repeating what its owner does",
    async (config) => {
      const client = clientOf({ maxAttempts: 5, ...config });
      const { backend, base } = await openWith(client);
      await backend.store("a", value);
      const head = new HeadObjectCommand({ Bucket: site.place.bucket, Key: `${base}a` });
      await client.send(head);
      site.interceptor.clear();
      const remove = site.interceptor.onRequest(failing("HeadObject", 3, 503, "SlowDown"));
      onTestFinished(remove);
      // Without a body there is no name.
      await expect(backend.info("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      expect(recorded("HeadObject")).toHaveLength(1);
      await client.send(head);
      expect(recorded("HeadObject")).toHaveLength(4);
    },
  );

  test("keeps its own checksums where the backend sends others", async () => {
    const client = clientOf();
    const { backend, base } = await openWith(client);
    for (const name of ["a", "b"]) await backend.store(name, value);
    await backend.deleteMany(["a", "b"]);
    await client.send(
      new DeleteObjectsCommand({ Bucket: site.place.bucket, Delete: { Objects: [{ Key: `${base}c` }] } }),
    );
    const [mine, theirs] = recorded("DeleteObjects");
    expect(Object.keys(mine?.headers ?? {})).toContain("content-md5");
    expect(Object.keys(mine?.headers ?? {})).not.toContain("x-amz-checksum-crc32");
    expect(Object.keys(theirs?.headers ?? {})).not.toContain("content-md5");
    expect(Object.keys(theirs?.headers ?? {})).toContain("x-amz-checksum-crc32");
  });
});

describe("the client that is made", () => {
  test.each(["RATE_LIMITED", "UNAVAILABLE"] as const)("repeats nothing by itself: %s", async (code) => {
    const { backend } = await site.open();
    const name = code === "RATE_LIMITED" ? "SlowDown" : "InternalError";
    onTestFinished(site.interceptor.onRequest(failing("PutObject", 1, 503, name)));
    await expect(backend.store("a", value)).rejects.toMatchObject({ code, retryable: true });
    expect(site.interceptor.count()).toBe(1);
  });

  test("does not either when its configuration says so", async () => {
    const { backend } = await site.open({ clientConfig: { maxAttempts: 5, retryMode: "adaptive" } });
    onTestFinished(site.interceptor.onRequest(failing("PutObject", 1, 503, "SlowDown")));
    await expect(backend.store("a", value)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect(site.interceptor.count()).toBe(1);
  });

  test("has the configuration that is given, and of its own what that leaves out", async () => {
    const { backend } = await site.open({ clientConfig: { customUserAgent: "mine/1.0" } });
    await backend.store("a", value);
    expect(recorded("PutObject")[0]?.headers["user-agent"]).toContain("mine/1.0");
    expect(recorded("PutObject")[0]?.path).toMatch(/^\/bucket\//);
  });

  test("takes a request handler of the caller's, which is closed with the backend", async () => {
    let closed = 0;
    const paths: string[] = [];
    const handler: NonNullable<S3ClientConfig["requestHandler"]> = {
      // As a service that has nothing.
      handle: async ({ path }: { readonly path: string }) => {
        paths.push(path);
        const body = Readable.from([
          "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>store/</Key></Contents></ListBucketResult>",
        ]);
        return await Promise.resolve({ response: { statusCode: 200, headers: {}, body } });
      },
      destroy: () => void closed++,
    } as never;
    const backend = site.backend({ clientConfig: { requestHandler: handler } }, "store");
    await backend.open();
    await backend.close();
    expect([paths, closed]).toEqual([["/bucket/"], 1]);
  });
});

describe("what options add to requests", () => {
  const partSize = 5 * MiB;

  async function everything(options: S3Options): Promise<void> {
    const { backend } = await site.open({ partSize, ...options });
    await backend.store("a", value);
    await backend.store("large", new Uint8Array(partSize + 1));
    await backend.info("a");
    await backend.load("a");
    await backend.load("large", { offset: -5 * MiB, size: 1 });
    for await (const piece of backend.loadStream("a")) expect(piece).toEqual(value);
    await backend.move("a", "b");
    for await (const page of backend.list("")) expect(page).toHaveLength(2);
    await backend.delete("b");
    await backend.store("c", value);
    await backend.deleteMany(["c", "large"]);
    const failure = new Error("the source");
    function* source(): Generator<Uint8Array> {
      yield new Uint8Array(partSize + 1);
      throw failure;
    }
    await expect(backend.storeStream("d", source())).rejects.toBe(failure);
  }

  const all: readonly S3Operation[] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjects",
    "GetObject",
    "HeadObject",
    "ListObjectsV2",
    "PutObject",
    "UploadPart",
  ];

  /** The kinds of requests of which all have these headers. */
  function kindsWith(headers: Readonly<Record<string, string>>): S3Operation[] {
    return all.filter((operation) => {
      const requests = recorded(operation);
      expect(requests.length).toBeGreaterThan(0);
      return requests.every((request) =>
        Object.entries(headers).every(([name, wanted]) => request.headers[name] === wanted),
      );
    });
  }

  function kindsWithAny(pattern: RegExp): S3Operation[] {
    return all.filter((operation) =>
      recorded(operation).some(({ headers }) => Object.keys(headers).some((name) => pattern.test(name))),
    );
  }

  test("is nothing by default", async () => {
    await everything({});
    expect(kindsWithAny(/^x-amz-(?:server-side|copy-source-server|storage-class|request-payer)/)).toEqual([]);
  });

  test("a key of the customer's goes with all that reads or writes values", async () => {
    const key = Uint8Array.from({ length: 32 }, (_each, at) => at);
    await everything({ encryption: { algorithm: "customer-key", key } });
    const base64 = Buffer.from(key).toString("base64");
    const keyMd5 = createHash("md5").update(key).digest("base64");
    const prefix = "server-side-encryption-customer";
    expect(
      kindsWith({
        [`x-amz-${prefix}-algorithm`]: "AES256",
        [`x-amz-${prefix}-key`]: base64,
        [`x-amz-${prefix}-key-md5`]: keyMd5,
      }),
    ).toEqual([
      "CompleteMultipartUpload",
      "CopyObject",
      "CreateMultipartUpload",
      "GetObject",
      "HeadObject",
      "PutObject",
      "UploadPart",
    ]);
    expect(
      kindsWith({
        [`x-amz-copy-source-${prefix}-algorithm`]: "AES256",
        [`x-amz-copy-source-${prefix}-key`]: base64,
        [`x-amz-copy-source-${prefix}-key-md5`]: keyMd5,
      }),
    ).toEqual(["CopyObject"]);
    // Markers of directories and of the storage are objects as well.
    expect(kindsWithAny(/customer/)).toEqual(kindsWith({ [`x-amz-${prefix}-algorithm`]: "AES256" }));
  });

  test("a key of the service goes with what makes objects", async () => {
    await everything({
      encryption: { algorithm: "aws:kms", keyId: "alias/mine", bucketKey: true, context: { a: "b" } },
    });
    const making: readonly S3Operation[] = ["CopyObject", "CreateMultipartUpload", "PutObject"];
    expect(
      kindsWith({
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "alias/mine",
        "x-amz-server-side-encryption-bucket-key-enabled": "true",
        "x-amz-server-side-encryption-context": Buffer.from('{"a":"b"}').toString("base64"),
      }),
    ).toEqual(making);
    expect(kindsWithAny(/server-side/)).toEqual(making);
  });

  test("a storage class goes with what makes objects", async () => {
    await everything({ storageClass: "STANDARD_IA" });
    const making: readonly S3Operation[] = ["CopyObject", "CreateMultipartUpload", "PutObject"];
    expect(kindsWith({ "x-amz-storage-class": "STANDARD_IA" })).toEqual(making);
    expect(kindsWithAny(/storage-class/)).toEqual(making);
  });

  test("who pays goes with everything", async () => {
    await everything({ requestPayer: true });
    expect(kindsWith({ "x-amz-request-payer": "requester" })).toEqual(all);
  });
});
