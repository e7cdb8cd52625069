import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { fullScope } from "@borgstore/tools-peers";
import { connect } from "node:net";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { startEmbeddedS3 } from "./embedded-s3.ts";
import { s3Fixture } from "./s3-fixture.ts";

const full = fullScope("it proves what the tests run on");

const fixture = s3Fixture();
const Bucket = "bucket";
const oddKeys = [
  "a//b",
  "/a",
  "./a",
  "a/../b",
  "../a",
  "dir/",
  "a b+c%20&?#=",
  "ü/日本",
  "😀",
  "<&>'\"",
  "*",
  "a\\b",
  "%2F",
];

async function start(): Promise<S3Client> {
  return fixture.client((await fixture.start()).endpoint);
}

async function put(client: S3Client, Key: string, Body: string | Uint8Array = "x"): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket, Key, Body }));
}

async function get(client: S3Client, Key: string, Range?: string): Promise<unknown[]> {
  const { Body, $metadata } = await client.send(
    new GetObjectCommand({ Bucket, Key, ...(Range && { Range }) }),
  );
  return [$metadata.httpStatusCode, await Body?.transformToString()];
}

/** All pages of a listing. */
async function list(client: S3Client, input: Partial<ListObjectsV2CommandInput> = {}): Promise<string[][]> {
  const pages: string[][] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket,
        ...input,
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
    const keys = [
      ...(page.Contents ?? []).map(({ Key }) => Key),
      ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
    ];
    pages.push(keys.map((key) => key ?? ""));
    token = page.NextContinuationToken;
    expect(page.IsTruncated).toBe(token !== undefined);
  } while (token !== undefined);
  return pages;
}

describe.skipIf(full.isLeftOut)(`objects${full.tag}`, () => {
  test.each(oddKeys)("keep a value under the key %s", async (key) => {
    const client = await start();
    await put(client, key, key);
    expect(await get(client, key)).toEqual([200, key]);
    expect(await get(client, key, "bytes=-100")).toEqual([206, key]);
    expect(await list(client)).toEqual([[key]]);
    await client.send(
      new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `bucket/${encodeURIComponent(key)}` }),
    );
    expect(await get(client, "copy")).toEqual([200, key]);
    await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: key }, { Key: "copy" }] } }),
    );
    expect(await list(client)).toEqual([[]]);
  });

  test("can be empty", async () => {
    const client = await start();
    await put(client, "a", new Uint8Array(0));
    expect(await get(client, "a")).toEqual([200, ""]);
    const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    expect(ContentLength).toBe(0);
    await expect(get(client, "a", "bytes=0-3")).rejects.toMatchObject({ name: "InvalidRange" });
  });

  test.each([
    ["bytes=0-3", "0123"],
    ["bytes=3-", "3456789"],
    ["bytes=5-100", "56789"],
    ["bytes=-3", "789"],
    ["bytes=-30", "0123456789"],
  ])("have the range %s", async (range, expected) => {
    const client = await start();
    await put(client, "a", "0123456789");
    expect(await get(client, "a", range)).toEqual([206, expected]);
  });

  test.each(["bytes=10-", "bytes=10-12", "bytes=-0"])("do not have the range %s", async (range) => {
    const client = await start();
    await put(client, "a", "0123456789");
    await expect(get(client, "a", range)).rejects.toMatchObject({ name: "InvalidRange" });
  });

  test("that are missing", async () => {
    const client = await start();
    await expect(get(client, "a")).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(get(client, "a", "bytes=-3")).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: "a" }))).rejects.toMatchObject({
      name: "NotFound",
    });
    const copied = client.send(new CopyObjectCommand({ Bucket, Key: "b", CopySource: "bucket/a" }));
    await expect(copied).rejects.toMatchObject({ name: "NoSuchKey" });
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  });

  test("have up to 64 MiB", async () => {
    const client = await start();
    await put(client, "a", Buffer.alloc(64 * 1024 * 1024));
    const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    expect(ContentLength).toBe(64 * 1024 * 1024);
    await expect(put(client, "a", Buffer.alloc(64 * 1024 * 1024 + 1))).rejects.toMatchObject({
      name: "EntityTooLarge",
    });
  });

  test("come in parts", async () => {
    const client = await start();
    const object = { Bucket, Key: "a" };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
    const bodies = [Buffer.alloc(5 * 1024 * 1024, 1), Buffer.from("end")];
    const Parts = [];
    for (const [index, Body] of bodies.entries()) {
      const part = { ...object, UploadId, PartNumber: index + 1, Body };
      const { ETag } = await client.send(new UploadPartCommand(part));
      Parts.push({ PartNumber: index + 1, ETag });
    }
    expect(await list(client)).toEqual([[]]);
    await client.send(
      new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }),
    );
    expect((await get(client, "a", "bytes=5242878-"))[1]).toBe("\u0001\u0001end");
  });
});

describe.skipIf(full.isLeftOut)(`listings${full.tag}`, () => {
  test("have the order of bytes on every page", async () => {
    const client = await start();
    const keys = ["a", "B", "b", "A", "_", "-", "a-b", "a_b", "a.b", "～", "😀", "é", "f", "10", "9"];
    for (const key of keys) await put(client, key);
    const sorted = keys.toSorted((a, b) => Buffer.from(a).compare(Buffer.from(b)));
    expect(await list(client)).toEqual([sorted]);
    expect(await list(client, { MaxKeys: 1 })).toEqual(sorted.map((key) => [key]));
    expect(await list(client, { StartAfter: "a_b" })).toEqual([sorted.slice(sorted.indexOf("a_b") + 1)]);
  });

  test("have every prefix once", async () => {
    const client = await start();
    for (const key of ["a/1", "a/2", "b", "c/1", "d", "e/1", "e/2", "f/", "f/1"]) await put(client, key);
    expect(await list(client, { Delimiter: "/" })).toEqual([["b", "d", "a/", "c/", "e/", "f/"]]);
    expect(await list(client, { Delimiter: "/", MaxKeys: 3 })).toEqual([
      ["b", "a/", "c/"],
      ["d", "e/", "f/"],
    ]);
    expect(await list(client, { Delimiter: "/", Prefix: "e" })).toEqual([["e/"]]);
    expect(await list(client, { Delimiter: "/", Prefix: "f/" })).toEqual([["f/", "f/1"]]);
    expect(await list(client, { MaxKeys: 0 })).toEqual([[]]);
  });

  test("have pages of 1000 at most", async () => {
    const { endpoint } = await fixture.start();
    const client = fixture.client(endpoint);
    const keys = Array.from({ length: 1100 }, (_, index) => `n/${String(index).padStart(5, "0")}`);
    // Anybody may, without the work of signing.
    for (const key of keys) await fetch(`${endpoint}/bucket/${key}`, { method: "PUT", body: "x" });
    expect(await list(client, { Prefix: "n/" })).toEqual([keys.slice(0, 1000), keys.slice(1000)]);
    expect((await list(client, { MaxKeys: 5000 })).length).toBe(2);
  });

  test("encode keys on demand", async () => {
    const client = await start();
    await put(client, "a\r\u0001 b");
    expect(await list(client, { EncodingType: "url" })).toEqual([["a%0D%01%20b"]]);
  });
});

describe.skipIf(full.isLeftOut)(`the server${full.tag}`, () => {
  test("has no other buckets", async () => {
    const client = await start();
    const other = { Bucket: "other" };
    await expect(client.send(new HeadBucketCommand(other))).rejects.toMatchObject({ name: "NotFound" });
    for (const command of [
      new ListObjectsV2Command(other),
      new PutObjectCommand({ ...other, Key: "a", Body: "x" }),
    ])
      await expect(client.send(command as ListObjectsV2Command)).rejects.toMatchObject({
        name: "NoSuchBucket",
      });
  });

  test("says what it cannot do", async () => {
    const client = await start();
    await put(client, "a");
    const tagged = { Bucket, Key: "a" };
    const Tagging = { TagSet: [{ Key: "a", Value: "b" }] };
    const missing = { name: "NotImplemented", $metadata: { httpStatusCode: 501 } };
    await expect(client.send(new PutObjectTaggingCommand({ ...tagged, Tagging }))).rejects.toMatchObject(
      missing,
    );
    await expect(client.send(new GetObjectTaggingCommand(tagged))).rejects.toMatchObject(missing);
    expect(await get(client, "a")).toEqual([200, "x"]);
  });

  test("makes a bucket that there is once", async () => {
    const server = await fixture.start();
    const client = fixture.client(server.endpoint);
    await put(client, "a");
    await server.createBucket(Bucket);
    expect(await list(client)).toEqual([["a"]]);
  });

  test.runIf(process.platform === "linux")("listens on the loopback interface only", async () => {
    const { port } = await fixture.start();
    const socket = connect(port, "127.0.0.2");
    const [error] = await once(socket, "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("is gone when it has stopped", async () => {
    await using server = await startEmbeddedS3();
    const socket = connect(server.port, "127.0.0.1");
    await once(socket, "connect");
    const closed = once(socket, "close");
    await Promise.all([server.stop(), server.stop(), closed]);
    await expect(fetch(server.endpoint)).rejects.toThrow("fetch failed");
  });
});
