import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { fullScope } from "@borgstore/tools-peers";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test, vi } from "vitest";
import {
  cutBody,
  delaying,
  droppedToken,
  errorWithStatus200,
  failing,
  flippedAnswer,
  flippedRequest,
  ignoringHeader,
  lostAnswer,
  on,
  onNth,
  repeatedToken,
  resetBeforeForwarding,
  stalledAnswer,
  stalledBody,
  trickling,
  wrongContentLength,
} from "./faults.ts";
import { s3Fixture } from "./s3-fixture.ts";

const full = fullScope("it proves what the tests run on");

const fixture = s3Fixture();
const Bucket = "bucket";
const reset = { code: "ECONNRESET" };
const large = Buffer.alloc(1_000_000, 1);

async function put(client: S3Client, Key: string, Body: string | Uint8Array): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket, Key, Body }));
}

async function get(client: S3Client, Key: string, Range?: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...(Range && { Range }) }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** The stream of an object, whose headers have come. */
async function open(client: S3Client, Key: string): Promise<Readable> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  if (!(Body instanceof Readable)) throw new Error("no stream");
  return Body;
}

/** Reads until so many bytes have come, and no further. */
async function read(stream: Readable, bytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  stream.on("data", (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
  });
  await expect.poll(() => length).toBe(bytes);
  return Buffer.concat(pieces);
}

describe.skipIf(full.isLeftOut)(`answers of the interceptor's own${full.tag}`, () => {
  test("errors, a number of times", async () => {
    const { client, interceptor, server } = await fixture.intercept();
    interceptor.onRequest(failing("PutObject", 2, 503, "SlowDown"));
    const slowDown = { name: "SlowDown", $metadata: { httpStatusCode: 503 } };
    await expect(put(client, "a", "abc")).rejects.toMatchObject(slowDown);
    await expect(put(client, "a", large)).rejects.toMatchObject(slowDown);
    await expect(get(fixture.client(server.endpoint), "a")).rejects.toMatchObject({ name: "NoSuchKey" });
    await put(client, "a", "abc");
    expect(interceptor.requests.map(({ status }) => status)).toEqual([503, 503, 200]);
    expect(interceptor.requests.map(({ bodyLength }) => bodyLength)).toEqual([3, 1_000_000, 3]);
    expect(interceptor.acceptedSockets).toBe(1);
  });

  test("errors for HEAD requests, which have no body", async () => {
    const { client, interceptor } = await fixture.intercept();
    interceptor.onRequest(failing("HeadObject", 1, 403, "AccessDenied"));
    const head = async () => await client.send(new HeadObjectCommand({ Bucket, Key: "a" }));
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    await expect(head()).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
    expect(interceptor.acceptedSockets).toBe(1);
  });

  test("anything else", async () => {
    const { client, interceptor } = await fixture.intercept();
    const answer = { status: 200, headers: { "Content-Type": "text/plain", ETag: '"e"' }, body: "whole" };
    interceptor.onRequest(on("GetObject", (_request, control) => control.answer(answer)));
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "a" }));
    expect([got.ETag, got.ContentType, await got.Body?.transformToString()]).toEqual([
      '"e"',
      "text/plain",
      "whole",
    ]);
  });

  test("before the body of the request has come", async () => {
    const { client, interceptor } = await fixture.intercept();
    interceptor.onRequest((_request, control) => control.answer({ status: 503, early: true }));
    const Body = Readable.from([Buffer.from("a"), new Promise<Buffer>(() => undefined)]);
    const sent = client.send(new PutObjectCommand({ Bucket, Key: "a", Body, ContentLength: 9 }));
    await expect(sent).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } });
    expect(interceptor.requests[0]).toMatchObject({ contentMd5: undefined, status: 503 });
  });

  test("without leave to send a body that waits for it", async () => {
    const { client, interceptor } = await fixture.intercept({ requestHandler: {} });
    interceptor.onRequest(failing("PutObject", 1, 403, "AccessDenied"));
    await expect(put(client, "a", Buffer.alloc(3_000_000))).rejects.toMatchObject({ name: "AccessDenied" });
    expect(interceptor.requests[0]?.bodyLength).toBe(0);
    await put(client, "a", "abc");
  });
});

describe.skipIf(full.isLeftOut)(`requests${full.tag}`, () => {
  test("are reset before the server gets them", async () => {
    const { client, interceptor, server } = await fixture.intercept();
    interceptor.onRequest(resetBeforeForwarding("PutObject", 2));
    await put(client, "a", "abc");
    await expect(put(client, "b", "abc")).rejects.toMatchObject(reset);
    await expect(get(fixture.client(server.endpoint), "b")).rejects.toMatchObject({ name: "NoSuchKey" });
    await put(client, "b", "abc");
    expect(interceptor.requests.map(({ status }) => status)).toEqual([200, undefined, 200]);
  });

  test("stall before the server gets them", async () => {
    const { client, interceptor, server } = await fixture.intercept();
    const stop = new AbortController();
    interceptor.onRequest((_request, control) => control.stall());
    const sent = client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "abc" }), {
      abortSignal: stop.signal,
    });
    await expect.poll(() => interceptor.count("PutObject")).toBe(1);
    stop.abort();
    await expect(sent).rejects.toMatchObject({ name: "AbortError" });
    await expect(get(fixture.client(server.endpoint), "a")).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("are forwarded later, in real time", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", "abc");
    interceptor.onRequest(delaying("GetObject", 50));
    const start = performance.now();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await get(client, "a");
    } finally {
      vi.useRealTimers();
    }
    expect(performance.now() - start).toBeGreaterThan(45);
  });

  test("lose a header", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", "0123456789");
    expect((await get(client, "a", "bytes=2-4")).toString()).toBe("234");
    interceptor.onRequest(ignoringHeader("GetObject", "Range"));
    const whole = await client.send(new GetObjectCommand({ Bucket, Key: "a", Range: "bytes=2-4" }));
    expect(whole.$metadata.httpStatusCode).toBe(200);
    expect(await whole.Body?.transformToString()).toBe("0123456789");
    expect(interceptor.requests.at(-1)?.headers).toMatchObject({ range: "bytes=2-4" });
  });

  test("change a byte of their body", async () => {
    const { client, interceptor } = await fixture.intercept();
    interceptor.onRequest(flippedRequest("PutObject", 1));
    await put(client, "a", Buffer.from([1, 2, 3]));
    expect([...(await get(client, "a"))]).toEqual([1, 253, 3]);
  });

  test("have their body read, and replaced", async () => {
    const { client, interceptor } = await fixture.intercept();
    const seen: string[] = [];
    interceptor.onRequest(
      on("PutObject", async (_request, control) => {
        seen.push((await control.body()).toString());
        if (seen.length === 2) control.setBody("other body");
      }),
    );
    await put(client, "a", "abc");
    expect((await get(client, "a")).toString()).toBe("abc");
    await put(client, "a", "def");
    expect((await get(client, "a")).toString()).toBe("other body");
    expect(seen).toEqual(["abc", "def"]);
  });
});

describe.skipIf(full.isLeftOut)(`answers${full.tag}`, () => {
  test("get lost when the work is done", async () => {
    const { client, interceptor } = await fixture.intercept();
    interceptor.onRequest(lostAnswer("PutObject"));
    interceptor.onRequest(lostAnswer("DeleteObject", 1, "end"));
    await expect(put(client, "a", "abc")).rejects.toMatchObject(reset);
    expect((await get(client, "a")).toString()).toBe("abc");
    const removed = client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    await expect(removed).rejects.toMatchObject({ code: "ECONNRESET", message: "socket hang up" });
    await expect(get(client, "a")).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("stall before their headers", async () => {
    const { client, interceptor, server } = await fixture.intercept();
    const stop = new AbortController();
    interceptor.onRequest(stalledAnswer("PutObject"));
    const sent = client.send(new PutObjectCommand({ Bucket, Key: "a", Body: "abc" }), {
      abortSignal: stop.signal,
    });
    const direct = fixture.client(server.endpoint);
    await expect.poll(async () => await get(direct, "a").catch(() => "")).toEqual(Buffer.from("abc"));
    stop.abort();
    await expect(sent).rejects.toMatchObject({ name: "AbortError" });
    expect(interceptor.requests[0]?.status).toBeUndefined();
  });

  test.each([0, 1000, 500_000])("stall in their body after %i bytes", async (bytes) => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", large);
    interceptor.onRequest(stalledBody("GetObject", bytes));
    const stream = await open(client, "a");
    await read(stream, bytes);
    stream.destroy();
    await expect.poll(() => interceptor.openSockets).toBe(0);
  });

  test("trickle", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", "0123456789");
    interceptor.onRequest(trickling("GetObject", 4, 20));
    const start = performance.now();
    const pieces: string[] = [];
    for await (const piece of await open(client, "a")) pieces.push(String(piece));
    expect(pieces).toEqual(["0123", "4567", "89"]);
    expect(performance.now() - start).toBeGreaterThan(55);
  });

  test.each(["end", "reset"] as const)("break off in their body: %s", async (how) => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", large);
    interceptor.onRequest(cutBody("GetObject", 1000, how));
    const stream = await open(client, "a");
    let length = 0;
    const reading = async (): Promise<void> => {
      for await (const piece of stream) length += (piece as Buffer).length;
    };
    await expect(reading()).rejects.toMatchObject(reset);
    expect(length).toBe(1000);
    expect((await get(client, "a")).length).toBe(1_000_000);
  });

  test("that are shorter do not break off", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", "abc");
    interceptor.onRequest(cutBody("GetObject", 4));
    expect((await get(client, "a")).toString()).toBe("abc");
  });

  test("change a byte of their body", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", large);
    interceptor.onRequest(flippedAnswer("GetObject", 999_999));
    const body = await get(client, "a");
    expect([body.length, body.at(-2), body.at(-1)]).toEqual([1_000_000, 1, 254]);
  });

  test("say a length that is too small", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", "0123456789");
    interceptor.onRequest(wrongContentLength("GetObject", -2));
    expect((await get(client, "a")).toString()).toBe("01234567");
    expect((await get(client, "a")).toString()).toBe("0123456789");
  });

  test("say a length that is too large", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", "0123456789");
    interceptor.onRequest(wrongContentLength("GetObject", 2));
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "a" }));
    expect(got.ContentLength).toBe(12);
    await expect(got.Body?.transformToString()).rejects.toMatchObject(reset);
    expect((await get(client, "a")).toString()).toBe("0123456789");
  });

  test("are errors with status 200", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", "abc");
    interceptor.onRequest(errorWithStatus200("CopyObject", "InternalError"));
    const copied = client.send(new CopyObjectCommand({ Bucket, Key: "b", CopySource: "bucket/a" }));
    await expect(copied).rejects.toMatchObject({ name: "InternalError" });
    expect(interceptor.requests.at(-1)?.status).toBe(200);
  });

  test("have their body read, altered and their headers changed", async () => {
    const { client, interceptor } = await fixture.intercept();
    await put(client, "a", "abc");
    interceptor.onRequest(
      onNth("GetObject", 1, (_request, control) => {
        control.alterAnswer(async (answer) => {
          expect([answer.status, (await answer.body()).toString()]).toEqual([200, "abc"]);
          answer.headers.set("x-amz-meta-a", "b");
          answer.alterBody((piece, offset) => Buffer.from(`${offset}${piece.toString().slice(1)}`));
        });
      }),
    );
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "a" }));
    expect([got.Metadata, await got.Body?.transformToString()]).toEqual([{ a: "b" }, "0bc"]);
  });

  test("of listings lack the token, or have the same one again", async () => {
    const { client, interceptor } = await fixture.intercept();
    for (const key of ["a", "b", "c"]) await put(client, key, "x");
    const list = async (ContinuationToken?: string) =>
      await client.send(
        new ListObjectsV2Command({ Bucket, MaxKeys: 1, ...(ContinuationToken && { ContinuationToken }) }),
      );
    interceptor.onRequest(droppedToken());
    const first = await list();
    expect([first.IsTruncated, first.NextContinuationToken]).toEqual([true, undefined]);
    interceptor.onRequest(repeatedToken());
    const again = await list();
    const token = again.NextContinuationToken;
    expect(token).toBeDefined();
    const second = await list(token);
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(["b"]);
    expect([second.IsTruncated, second.NextContinuationToken]).toEqual([true, token]);
  });

  test("pass as they were written otherwise", async () => {
    const { interceptor } = await fixture.intercept();
    interceptor.onRequest((_request, control) => {
      control.alterAnswer(({ headers }) => headers.set("X-Odd", "a"));
    });
    const answer = await new Promise<IncomingMessage>((resolve) => {
      httpRequest(`${interceptor.endpoint}/bucket/a`, resolve).end();
    });
    expect(answer.rawHeaders).toEqual(expect.arrayContaining(["X-Odd", "a", "x-amz-request-id"]));
    expect(await text(answer)).toContain("NoSuchKey");
  });
});
