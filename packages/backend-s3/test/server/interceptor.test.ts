import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { fullScope } from "@borgstore/tools-peers";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startInterceptor } from "./interceptor.ts";
import { s3Fixture } from "./s3-fixture.ts";

const full = fullScope("it proves what the tests run on");

const fixture = s3Fixture();
const Bucket = "bucket";

async function put(client: S3Client, Key: string, Body: string | Uint8Array): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket, Key, Body }));
}

async function get(client: S3Client, Key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

function md5(bytes: string | Uint8Array): string {
  return createHash("md5").update(bytes).digest("base64");
}

describe.skipIf(full.isLeftOut)(`requests${full.tag}`, () => {
  test("pass, and are named and counted", async () => {
    const { client, interceptor } = await fixture.intercept();
    await client.send(new HeadBucketCommand({ Bucket }));
    await put(client, "a/ü+ %", "abc");
    expect((await get(client, "a/ü+ %")).toString()).toBe("abc");
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "a/ü+ %" }));
    expect(head.ContentLength).toBe(3);
    await client.send(new CopyObjectCommand({ Bucket, Key: "b", CopySource: "bucket/a%2F%C3%BC%2B%20%25" }));
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "a/" }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(["a/ü+ %"]);
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a/ü+ %" }));
    await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "b" }] } }));
    const names = ["HeadBucket", "PutObject", "GetObject", "HeadObject", "CopyObject", "ListObjectsV2"];
    expect(interceptor.requests.map(({ operation }) => operation)).toEqual([
      ...names,
      "DeleteObject",
      "DeleteObjects",
    ]);
    expect(interceptor.requests.map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200, 200, 204, 200,
    ]);
    expect([interceptor.count(), interceptor.count("GetObject"), interceptor.count("UploadPart")]).toEqual([
      8, 1, 0,
    ]);
    interceptor.clear();
    expect([interceptor.count(), interceptor.requests]).toEqual([0, []]);
  });

  test("of multipart uploads, too", async () => {
    const { client, interceptor } = await fixture.intercept();
    const upload = { Bucket, Key: "a" };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
    const part = { ...upload, UploadId, PartNumber: 1 };
    const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: "abc" }));
    const Parts = [{ PartNumber: 1, ETag }];
    await client.send(
      new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }),
    );
    const aborted = client.send(new AbortMultipartUploadCommand({ ...upload, UploadId }));
    await expect(aborted).rejects.toMatchObject({ name: "NoSuchUpload" });
    expect(interceptor.requests.map(({ operation }) => operation)).toEqual([
      "CreateMultipartUpload",
      "UploadPart",
      "CompleteMultipartUpload",
      "AbortMultipartUpload",
    ]);
  });

  test("are recorded without their signature", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a b", "abc");
    await client.send(new ListObjectsV2Command({ Bucket, Prefix: "a b", Delimiter: "/" }));
    const [putting, listing] = interceptor.requests;
    expect(putting).toMatchObject({
      method: "PUT",
      path: "/bucket/a%20b",
      bucket: "bucket",
      key: "a b",
      query: { "x-id": "PutObject" },
      headers: { host: `127.0.0.1:${interceptor.port}`, "content-length": "3" },
      bodyLength: 3,
      contentMd5: md5("abc"),
      status: 200,
    });
    expect(listing).toMatchObject({ query: { "list-type": "2", prefix: "a b", delimiter: "/" }, key: "" });
    expect(putting?.headers).not.toHaveProperty("authorization");
  });

  test("keep their Host header", async () => {
    const { server, interceptor } = await fixture.intercept();
    // The server takes the first label of such a host for the bucket.
    const asked = httpRequest(`${interceptor.endpoint}/?list-type=2`, {
      headers: { Host: "bucket.s3.test" },
    });
    asked.end();
    const [answer] = await once(asked, "response");
    expect(await new Response(Readable.toWeb(answer) as ReadableStream).text()).toContain(
      "<Name>bucket</Name>",
    );
    expect(server.port).not.toBe(interceptor.port);
  });

  test("of many at a time keep their connections", async () => {
    const { client, interceptor } = await fixture.intercept();
    const bodies = Array.from({ length: 64 }, (_, index) => Buffer.alloc(100_000, index));
    await Promise.all(bodies.map(async (body, index) => await put(client, String(index), body)));
    const found = await Promise.all(bodies.map(async (_, index) => await get(client, String(index))));
    expect(found.map(md5)).toEqual(bodies.map(md5));
    expect(interceptor.count()).toBe(128);
    expect(interceptor.acceptedSockets).toBeLessThanOrEqual(64);
    const { length } = interceptor.requests.filter(({ bodyLength }) => bodyLength === 100_000);
    expect(length).toBe(64);
    client.destroy();
    await expect.poll(() => interceptor.openSockets).toBe(0);
  });

  test("are streamed", async () => {
    const { client, interceptor } = await fixture.intercept();
    let forwarded = false;
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.from("abc");
      while ((interceptor.requests[0]?.bodyLength ?? 0) < 3) await pause(1);
      forwarded = true;
      yield Buffer.from("def");
    }
    const Body = Readable.from(body());
    await client.send(new PutObjectCommand({ Bucket, Key: "a", Body, ContentLength: 6 }));
    expect(forwarded).toBe(true);
    expect((await get(client, "a")).toString()).toBe("abcdef");
  });

  test("that wait for leave to send a body get it from the server", async () => {
    const { client, interceptor } = await fixture.intercept({ requestHandler: {} });
    const Body = Buffer.alloc(3_000_000, 7);
    await put(client, "big", Body);
    expect(interceptor.requests[0]).toMatchObject({
      headers: { expect: "100-continue" },
      bodyLength: 3_000_000,
    });
    expect(md5(await get(client, "big"))).toBe(md5(Body));
  });

  test("without a body and its length pass", async () => {
    const { interceptor, server } = await fixture.intercept();
    const socket = connect(interceptor.port, "127.0.0.1");
    socket.write(`POST /bucket/a?uploads HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toContain("200 OK");
    expect(interceptor.count("CreateMultipartUpload")).toBe(1);
    socket.destroy();
  });

  test("reset when there is no server", async () => {
    const { server, client, interceptor } = await fixture.intercept();
    await server.stop();
    await expect(get(client, "a")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(interceptor.requests[0]?.status).toBeUndefined();
  });
});

describe.skipIf(full.isLeftOut)(`the interceptor${full.tag}`, () => {
  test("takes clients that leave for gone", async () => {
    const { client, interceptor } = await fixture.intercept();
    const stop = new AbortController();
    interceptor.onRequest((_request, control) => control.stallAnswer());
    const pending = client.send(new GetObjectCommand({ Bucket, Key: "a" }), { abortSignal: stop.signal });
    await expect.poll(() => interceptor.count()).toBe(1);
    expect(interceptor.openSockets).toBe(1);
    stop.abort();
    await expect(pending).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => interceptor.openSockets).toBe(0);
  });

  test("stops while something is pending", async () => {
    const { client, interceptor } = await fixture.intercept();
    interceptor.onRequest(async () => await new Promise(() => undefined));
    const pending = get(client, "a").catch((error: unknown) => error);
    await expect.poll(() => interceptor.count()).toBe(1);
    await interceptor.stop();
    expect(await pending).toMatchObject({ code: "ECONNRESET" });
  });

  test("tells of hooks that threw when it stops", async () => {
    const server = await fixture.start();
    const interceptor = await startInterceptor({ upstream: server.endpoint });
    interceptor.onRequest(() => {
      throw new RangeError("oops");
    });
    await expect(get(fixture.client(interceptor.endpoint), "a")).rejects.toMatchObject({
      code: "ECONNRESET",
    });
    await expect(interceptor.stop()).rejects.toMatchObject({ errors: [new RangeError("oops")] });
  });

  test("asks all hooks until they are removed", async () => {
    const { client, interceptor } = await fixture.intercept();
    const seen: string[] = [];
    const remove = interceptor.onRequest(({ operation }) => void seen.push(`first ${operation}`));
    interceptor.onRequest(async ({ operation }) => {
      await pause(1);
      seen.push(`second ${operation}`);
    });
    await put(client, "a", "x");
    remove();
    await put(client, "a", "x");
    expect(seen).toEqual(["first PutObject", "second PutObject", "second PutObject"]);
  });
});
