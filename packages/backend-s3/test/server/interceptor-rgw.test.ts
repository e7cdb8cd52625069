import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { fullScope, requirePeer, type Rgw, rgwAvailable, startRgw } from "@borgstore/tools-peers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flippedRequest, ignoringHeader } from "./faults.ts";
import { type Interceptor, startInterceptor } from "./interceptor.ts";

const Bucket = "bucket";
const peer = requirePeer("rgw", rgwAvailable(), "not installed");
const full = fullScope("it proves what the tests run on");
const isLeftOut = !peer.available || full.isLeftOut;

async function put(client: S3Client, Key: string, Body: string | Uint8Array): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket, Key, Body }));
}

async function get(client: S3Client, Key: string, Range?: string): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...(Range && { Range }) }));
  return await Body?.transformToString();
}

// It verifies signatures and hashes, other than the embedded server.
describe.skipIf(isLeftOut)(`in front of a RADOS Gateway ${peer.tag}${full.tag}`, () => {
  let rgw: Rgw;

  beforeAll(async () => {
    rgw = await startRgw();
    await rgw.createBucket(Bucket);
  });

  afterAll(async () => {
    await rgw.stop();
  });

  /** Runs `work` with an interceptor and a client of it. */
  async function intercepted(
    isSigning: boolean,
    work: (client: S3Client, interceptor: Interceptor) => Promise<void>,
  ): Promise<void> {
    const { endpoint: upstream, credentials, region } = rgw;
    const interceptor = await startInterceptor({ upstream, ...(isSigning && { credentials }) });
    const client = new S3Client({
      endpoint: interceptor.endpoint,
      region,
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
    });
    try {
      await work(client, interceptor);
    } finally {
      client.destroy();
      await interceptor.stop();
    }
  }

  test("signatures stay valid", async () => {
    await intercepted(false, async (client, interceptor) => {
      await put(client, "a/ü+ %", "0123456789");
      expect(await get(client, "a/ü+ %")).toBe("0123456789");
      expect(await get(client, "a/ü+ %", "bytes=2-4")).toBe("234");
      const large = "x".repeat(3_000_000);
      await put(client, "large", large);
      expect((await get(client, "large"))?.length).toBe(3_000_000);
      expect(interceptor.requests.map(({ status }) => status)).toEqual([200, 200, 206, 200, 200]);
    });
  });

  test("a changed header makes the signature wrong", async () => {
    await intercepted(false, async (client, interceptor) => {
      interceptor.onRequest(ignoringHeader("GetObject", "Range"));
      await put(client, "a", "0123456789");
      await expect(get(client, "a", "bytes=2-4")).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
    });
  });

  test("a changed header is signed with credentials", async () => {
    await intercepted(true, async (client, interceptor) => {
      interceptor.onRequest(ignoringHeader("GetObject", "Range"));
      await put(client, "b/ü+ %", "0123456789");
      expect(await get(client, "b/ü+ %", "bytes=2-4")).toBe("0123456789");
      interceptor.onRequest(ignoringHeader("PutObject", "If-None-Match"));
      await client.send(new PutObjectCommand({ Bucket, Key: "b/ü+ %", Body: "other", IfNoneMatch: "*" }));
      expect(await get(client, "b/ü+ %")).toBe("other");
    });
  });

  test("a changed byte is refused", async () => {
    await intercepted(true, async (client, interceptor) => {
      interceptor.onRequest(flippedRequest("PutObject"));
      await expect(put(client, "c", "abc")).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
      await expect(get(client, "c")).rejects.toMatchObject({ name: "NoSuchKey" });
    });
  });
});
