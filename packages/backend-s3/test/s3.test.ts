import { openStore, Store } from "@borgstore/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { s3, s3Backend } from "../src/index.ts";
import { describeAtEachServer, describeAtGateway, embeddedSite } from "./behind-interceptor.ts";
import { flippedAnswer, ignoringHeader, on } from "./server/faults.ts";

const MiB = 1024 * 1024;
const value = new Uint8Array(1000).fill(7);

test("the provider takes the URLs of the reference", () => {
  expect([s3.name, s3.schemes]).toEqual(["s3", ["s3", "b2"]]);
  expect(String(s3.fromUrl("s3:/bucket/path"))).toContain("s3:/bucket/path");
  expect(String(s3.fromUrl("b2:prof@/bucket/path/"))).toContain("b2:prof@/bucket/path");
  expect(() => s3.fromUrl("s3:/bucket")).toThrow(expect.objectContaining({ code: "INVALID_URL" }));
  expect(() => s3.fromUrl("s3:/bucket/path", { bucket: "b" } as object)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});

test("what it can do is known before it is open", () => {
  const backend = s3Backend({ bucket: "bucket", prefix: "path", endpoint: "http://host", concurrency: 5 });
  expect(backend.capabilities).toEqual({
    atomicReplace: true,
    atomicMove: false,
    createIfAbsent: "probe",
    directories: false,
    rangedLoad: true,
    nativeHash: true,
    accessTime: false,
    durable: true,
    remote: true,
    concurrency: 5,
  });
  const place = { bucket: "bucket", prefix: "path" };
  for (const createIfAbsent of [true, false, "probe"] as const) {
    expect(s3Backend({ ...place, createIfAbsent }).capabilities.createIfAbsent).toBe(createIfAbsent);
  }
  expect(s3Backend({ ...place, service: "gcs" }).capabilities.createIfAbsent).toBe(false);
});

describeAtEachServer((site) => {
  test.each(["s3", "b2"])("a store lives at a URL of %s, from making to removing", async (scheme) => {
    const { endpoint, bucket, credentials } = site.place;
    const prefix = site.newPrefix();
    const login = [credentials.accessKeyId, credentials.secretAccessKey].map(encodeURIComponent).join(":");
    const url = `${scheme}:${login}@${endpoint}/${bucket}/${prefix}`;
    const options = { backends: [s3], namespaces: { "data/": { levels: [2] } } };
    await expect(openStore(url, options)).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
    const store = await openStore(url, { ...options, create: true });
    await store.store("data/00010203", value);
    expect(await site.keysAt(`${prefix}/data`)).toEqual([`${prefix}/data/00/01/00010203`]);
    expect(await store.load("data/00010203")).toEqual(value);
    await store.softDelete("data/00010203");
    const names: string[] = [];
    for await (const { name } of store.list("data", { deleted: true })) names.push(name);
    expect(names).toEqual(["00010203"]);
    await store.close();
    await store.destroy();
    expect(await site.keysAt(prefix)).toEqual([]);
  });

  test("what the reference has stored is found, read, moved and deleted", async () => {
    const prefix = site.newPrefix();
    // As its `create` and its `store` leave it.
    for (const key of ["", "data/00/01/00010203", "data/00/01/00010204.del", "data/00/01/left.tmp"]) {
      await site.outsider.put(`${prefix}/${key}`, key === "" ? new Uint8Array(0) : value);
    }
    const backend = site.backend({}, prefix);
    const store = new Store({ backend, namespaces: { "data/": { levels: [2] } } });
    await store.open();
    expect(await store.load("data/00010203")).toEqual(value);
    expect(await store.info("data/00010203")).toMatchObject({ exists: true, size: 1000 });
    const names: string[] = [];
    for await (const { name } of store.list("data")) names.push(name);
    expect(names).toEqual(["00010203"]);
    await store.undelete("data/00010204");
    await store.delete("data/00010203");
    expect(await site.keysAt(`${prefix}/data`)).toEqual([
      `${prefix}/data/00/01/00010204`,
      `${prefix}/data/00/01/left.tmp`,
    ]);
  });

  test("a directory is made and removed with its marker, but not with anything in it", async () => {
    const { backend, base } = await site.open();
    await backend.mkdir("a/b");
    expect(await site.keysAt(base)).toEqual([base, `${base}a/b/`]);
    await backend.rmdir("a/b");
    expect(await site.keysAt(base)).toEqual([base]);
    await site.plant([`${base}a/`, `${base}a/X Y`]);
    await expect(backend.rmdir("a")).rejects.toMatchObject({ code: "NOT_EMPTY", key: "a" });
    expect(await site.keysAt(base)).toHaveLength(3);
    await site.plant([`${base}object`]);
    await backend.rmdir("object");
    expect(await backend.info("object")).toMatchObject({ exists: true });
  });
});

describe("loads that are verified", () => {
  const site = embeddedSite();

  test("notice a byte that is not the one that was stored", async () => {
    const { backend } = await site.open({ verifyLoads: true });
    await backend.store("a", value);
    onTestFinished(site.interceptor.onRequest(flippedAnswer("GetObject", 500)));
    await expect(backend.load("a")).rejects.toMatchObject({ code: "INTEGRITY", retryable: true, key: "a" });
    expect(await backend.load("a")).toEqual(value);
  });

  test("are not the default", async () => {
    const { backend } = await site.open();
    await backend.store("a", value);
    onTestFinished(site.interceptor.onRequest(flippedAnswer("GetObject", 500)));
    expect((await backend.load("a"))[500]).toBe(0xff ^ 7);
  });

  test("take a value that was stored in parts, or encrypted, as it is", async () => {
    const { backend } = await site.open({ verifyLoads: true, partSize: 5 * MiB });
    const large = new Uint8Array(5 * MiB + 1).fill(3);
    await backend.store("large", large);
    expect(Buffer.compare(await backend.load("large"), large)).toBe(0);
    await backend.store("encrypted", value);
    onTestFinished(
      site.interceptor.onRequest(
        on("GetObject", (_request, control) =>
          control.alterAnswer(({ headers }) => {
            headers.set("ETag", '"0123456789abcdef0123456789abcdef"');
            headers.set("x-amz-server-side-encryption", "aws:kms");
          }),
        ),
      ),
    );
    expect(await backend.load("encrypted")).toEqual(value);
  });

  test("look at all bytes only: a part has no checksum", async () => {
    const { backend } = await site.open({ verifyLoads: true });
    await backend.store("a", value);
    expect(await backend.load("a", { offset: 10, size: 10 })).toHaveLength(10);
    onTestFinished(site.interceptor.onRequest(ignoringHeader("GetObject", "range")));
    expect(await backend.load("a", { offset: 10, size: 10 })).toHaveLength(10);
  });
});

describeAtGateway((site) => {
  test("a wrong secret, and a key that nobody has, are told as such", async () => {
    const { accessKeyId } = site.place.credentials;
    for (const credentials of [
      { accessKeyId, secretAccessKey: "wrong" },
      { accessKeyId: "NOBODY", secretAccessKey: "wrong" },
    ]) {
      const backend = site.backend({ credentials });
      await expect(backend.open()).rejects.toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
    }
  });
});
