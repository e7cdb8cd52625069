import { defineBackend, Store, type Backend } from "@borgstore/core";
import { fullScope } from "@borgstore/tools-peers";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../src/connect.ts";
import { S3Driver } from "../src/driver.ts";
import { checkOptions } from "../src/options.ts";
import { checkPlace } from "../src/url.ts";
import {
  describeAtEachServer,
  describeAtGateway,
  embeddedSite,
  type Opened,
  type Site,
} from "./behind-interceptor.ts";
import { failing, on, onNth } from "./server/faults.ts";
import type { RequestHook } from "./server/request-control.ts";

const MiB = 1024 * 1024;
const value = Buffer.from("value");
const other = Buffer.from("another value");

/** All characters that a name can have. */
const allowed = Array.from({ length: 0x7f - 0x21 }, (_each, at) => String.fromCharCode(0x21 + at)).filter(
  (character) => !/[A-Z\\/]/.test(character),
);

const full = fullScope("how names are written in requests does not depend on Node");

describeAtEachServer((site) => {
  test.skipIf(full.isLeftOut)(`every character survives a move in either name${full.tag}`, async () => {
    const { backend, base } = await site.open();
    await Promise.all(
      allowed.map(async (character) => {
        const [from, to] = [`from/a${character}b`, `to/${character}%20${character}`];
        await backend.store(from, Buffer.from(character));
        await backend.move(from, to);
        expect(Buffer.from(await backend.load(to)).toString()).toBe(character);
      }),
    );
    const all = allowed.join("");
    for (const [at, name] of [all.slice(0, 40), all.slice(40), "a%2fb%c3"].entries()) {
      await backend.store(`all/${name}`, Buffer.from(name));
      await backend.move(`all/${name}`, `all${at}/${name}`);
      expect(Buffer.from(await backend.load(`all${at}/${name}`)).toString()).toBe(name);
    }
    const left = (await site.keysAt(base)).filter((key) => /\/(?:from|all)\//.test(key));
    expect(left).toEqual([]);
  });

  test("a prefix with anything in it does, too", async () => {
    const { backend } = await site.open({}, "pre fix/+%20 ä 🗄?#&=/store");
    await backend.store("a+b", value);
    await backend.move("a+b", "c%d");
    expect(await backend.load("c%d")).toEqual(new Uint8Array(value));
    await expect(backend.load("a+b")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("a move onto an object replaces it", async () => {
    const { backend } = await site.open();
    await backend.store("a", value);
    await backend.store("b", other);
    await backend.move("a", "b");
    expect(await backend.load("b")).toEqual(new Uint8Array(value));
    expect(await backend.info("a")).toMatchObject({ exists: false });
  });

  test("a move of what is missing leaves the target alone", async () => {
    const { backend } = await site.open();
    await backend.store("b", other);
    await expect(backend.move("a", "b")).rejects.toMatchObject({ code: "NOT_FOUND", key: "a" });
    expect(await backend.load("b")).toEqual(new Uint8Array(other));
  });

  test("after a crash between the two steps both are there, and repeating it leaves the new one", async () => {
    const { backend, base } = await site.open();
    await backend.store("a", value);
    onTestFinished(site.interceptor.onRequest(failing("DeleteObject", 1, 503, "ServiceUnavailable")));
    await expect(backend.move("a", "b")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(await site.keysAt(base)).toEqual([base, `${base}a`, `${base}b`]);
    await backend.move("a", "b");
    expect(await site.keysAt(base)).toEqual([base, `${base}b`]);
    expect(await backend.load("b")).toEqual(new Uint8Array(value));
  });

  test("deleting softly and back gets along with what a crash has left of it", async () => {
    const { backend, base } = await site.open();
    const store = new Store({ backend, namespaces: { "data/": { levels: [1] } } });
    await store.store("data/abcd", value);
    await site.outsider.put(`${base}data/ab/abcd.del`, other);
    await store.softDelete("data/abcd");
    expect(await site.keysAt(`${base}data`)).toEqual([`${base}data/ab/abcd.del`]);
    await expect(store.load("data/abcd")).rejects.toMatchObject({ code: "NOT_FOUND" });
    // Of what is there twice nobody knows which is wanted; softly deleted again it is there once.
    await site.outsider.put(`${base}data/ab/abcd`, other);
    await expect(store.undelete("data/abcd")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    expect(await site.keysAt(`${base}data`)).toHaveLength(2);
    await store.softDelete("data/abcd");
    await store.undelete("data/abcd");
    expect(await site.keysAt(`${base}data`)).toEqual([`${base}data/ab/abcd`]);
    expect(await store.load("data/abcd")).toEqual(new Uint8Array(other));
  });
});

describeAtGateway((site) => {
  describe("a value that is too large to be copied at once", () => {
    test.each([
      [5 * MiB + 1, [5 * MiB, 1]],
      [10 * MiB, [5 * MiB, 5 * MiB]],
      [12 * MiB, [5 * MiB, 5 * MiB, 2 * MiB]],
    ])("of %i bytes is copied in parts, each of the same object", async (length, lengths) => {
      const { backend, base } = await openWithLimits(site);
      const large = patterned(length);
      await site.outsider.put(`${base}data/a+b`, large);
      onTestFinished(site.interceptor.onRequest(tooLargeToCopy));
      await backend.move("data/a+b", "data/new");
      expect(Buffer.compare(await backend.load("data/new"), large)).toBe(0);
      expect(await site.keysAt(`${base}data`)).toEqual([`${base}data/new`]);
      expect(await site.unfinishedUploads()).toBe(0);
      const { requests } = site.interceptor;
      const copies = requests.filter(({ operation }) => operation === "UploadPartCopy");
      const etag = copies[0]?.headers["x-amz-copy-source-if-match"];
      expect(etag).toMatch(/^"[0-9a-f-]{32,}"$/);
      expect(copies.map(({ headers }) => headers["x-amz-copy-source-if-match"])).toEqual(
        lengths.map(() => etag),
      );
      const ranges = copies.map(({ headers }) =>
        /^bytes=(\d+)-(\d+)$/.exec(headers["x-amz-copy-source-range"] ?? ""),
      );
      const inOrder = ranges.map((match) => [Number(match?.[1]), Number(match?.[2])]);
      inOrder.sort(([one = 0], [another = 0]) => one - another);
      expect(inOrder.map(([start = 0, end = 0]) => end - start + 1)).toEqual(lengths);
      expect(inOrder.every(([start], at) => start === at * 5 * MiB)).toBe(true);
    });

    test("stays what it is when the service refuses the copy for another reason", async () => {
      const { backend, base } = await openWithLimits(site);
      await site.outsider.put(`${base}a`, value);
      onTestFinished(site.interceptor.onRequest(tooLargeToCopy));
      await expect(backend.move("a", "b")).rejects.toMatchObject({ code: "UNEXPECTED" });
      expect(site.interceptor.count("CreateMultipartUpload")).toBe(0);
      expect(await site.keysAt(base)).toEqual([base, `${base}a`]);
    });
  });

  describe("a value that is replaced while it is copied in parts", () => {
    test("is told as worth repeating, and nothing is deleted or left behind", async () => {
      const { backend, base } = await openWithLimits(site);
      const newer = Buffer.alloc(11 * MiB, 9);
      await site.outsider.put(`${base}a`, patterned(11 * MiB));
      onTestFinished(site.interceptor.onRequest(tooLargeToCopy));
      onTestFinished(
        site.interceptor.onRequest(
          // As services answer that heed the condition.
          onNth("UploadPartCopy", 2, async (_request, control) => {
            await site.outsider.put(`${base}a`, newer);
            control.error(412, "PreconditionFailed");
          }),
        ),
      );
      await expect(backend.move("a", "b")).rejects.toMatchObject({
        code: "UNAVAILABLE",
        retryable: true,
        key: "a",
        message: expect.stringContaining("replaced while it was being copied") as unknown,
      });
      expect(await site.keysAt(base)).toEqual([base, `${base}a`]);
      expect(Buffer.compare(await backend.load("a"), newer)).toBe(0);
      expect(await site.unfinishedUploads()).toBe(0);
      expect(site.interceptor.count("DeleteObject")).toBe(0);
    });

    test.each([11 * MiB, 6 * MiB])(
      "by one of %i bytes is told also where the service ignores the condition for parts",
      async (length) => {
        const { backend, base } = await openWithLimits(site);
        const newer = Buffer.alloc(length, 9);
        await site.outsider.put(`${base}a`, patterned(11 * MiB));
        onTestFinished(site.interceptor.onRequest(tooLargeToCopy));
        onTestFinished(
          site.interceptor.onRequest(
            onNth("UploadPartCopy", 2, async () => await site.outsider.put(`${base}a`, newer)),
          ),
        );
        await expect(backend.move("a", "b")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true });
        expect(await site.keysAt(base)).toEqual([base, `${base}a`]);
        expect(Buffer.compare(await backend.load("a"), newer)).toBe(0);
        expect(await site.unfinishedUploads()).toBe(0);
      },
    );

    test("and deleted is missing", async () => {
      const { backend, base } = await openWithLimits(site);
      await site.outsider.put(`${base}a`, patterned(11 * MiB));
      onTestFinished(site.interceptor.onRequest(tooLargeToCopy));
      onTestFinished(
        site.interceptor.onRequest(
          onNth("UploadPartCopy", 2, async () => await site.outsider.delete(`${base}a`)),
        ),
      );
      await expect(backend.move("a", "b")).rejects.toMatchObject({ code: "NOT_FOUND", key: "a" });
      expect(await site.keysAt(base)).toEqual([base]);
      expect(await site.unfinishedUploads()).toBe(0);
    });
  });
});

describe("a copy that the service has not confirmed", () => {
  const site = embeddedSite();

  test.each([
    [
      "without an ETag",
      '<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></CopyObjectResult>',
    ],
    ["with an error in spite of status 200", "<Error><Code>InternalError</Code></Error>"],
    ["with nothing", ""],
  ])("%s is no reason to delete anything", async (_title, body) => {
    const { backend, base } = await site.open();
    await backend.store("a", value);
    onTestFinished(
      site.interceptor.onRequest(
        on("CopyObject", (_request, control) =>
          control.answer({ status: 200, headers: { "Content-Type": "application/xml" }, body }),
        ),
      ),
    );
    await expect(backend.move("a", "b")).rejects.toMatchObject({ name: "StoreError" });
    expect(site.interceptor.count("DeleteObject")).toBe(0);
    expect(await site.keysAt(base)).toEqual([base, `${base}a`]);
  });
});

const tooLargeToCopy: RequestHook = on("CopyObject", (_request, control) =>
  control.error(400, "InvalidRequest", "The specified copy source is larger than the maximum allowable size"),
);

/** A storage whose backend takes values above 5 MiB for too large to be copied at once. */
async function openWithLimits(site: Site): Promise<Opened> {
  const { endpoint, region, bucket, credentials } = site.place;
  const prefix = site.newPrefix();
  const place = checkPlace(
    {
      scheme: "s3",
      bucket,
      prefix,
      endpoint,
      profile: undefined,
      accessKeyId: undefined,
      secretAccessKey: undefined,
    },
    "INVALID_ARGUMENT",
  );
  const settings = checkOptions({ region, credentials, partSize: 5 * MiB }, place);
  const backend: Backend = defineBackend(
    new S3Driver({
      settings,
      bucket,
      prefix: place.prefix,
      url: "s3:test",
      connect: () => connect(place, settings),
      limits: { atOnce: 5 * MiB, part: 5 * MiB },
    }),
  );
  onTestFinished(() => backend.close());
  await backend.create();
  await backend.open();
  site.interceptor.clear();
  return { backend, base: place.prefix };
}

/** Bytes that are different everywhere. */
function patterned(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}
