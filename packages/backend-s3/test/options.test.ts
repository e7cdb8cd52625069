import { inspect } from "node:util";
import type { S3Client } from "@aws-sdk/client-s3";
import { StoreError } from "@borgstore/core";
import { describe, expect, test, vi } from "vitest";
import type { S3Credentials } from "../src/credentials.ts";
import type { S3Encryption } from "../src/encryption.ts";
import { checkOptions, type S3Options } from "../src/options.ts";
import { presetOf } from "../src/services.ts";
import { placeOfUrl } from "../src/url.ts";

const plain = placeOfUrl("s3:/bucket/path");
const client = { send: () => {} } as unknown as S3Client;
const credentials: S3Credentials = { accessKeyId: "AKIAKENNUNG", secretAccessKey: "geheim5" };
const secrets = /AKIAKENNUNG|geheim5/;
const MiB = 1024 * 1024;

/** What `work` throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it was accepted");
}

/** All that programs print of something. */
function printed(what: unknown): string {
  return [String(what), JSON.stringify({ what }), inspect(what, { depth: 9, showHidden: true })].join("\n");
}

function refusal(options: unknown, url = "s3:/bucket/path"): unknown {
  const error = thrownBy(() => checkOptions(options as S3Options, placeOfUrl(url)));
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
  return error;
}

test("everything has a default", () => {
  expect(checkOptions({}, plain)).toEqual({
    service: "aws",
    preset: presetOf("aws"),
    region: undefined,
    credentials: undefined,
    profile: undefined,
    client: undefined,
    clientConfig: {},
    pathStyle: false,
    uploadChecksum: "crc32",
    bulkDelete: true,
    createIfAbsent: "probe",
    checkBeforeDelete: true,
    verifyLoads: false,
    storageClass: undefined,
    encryption: undefined,
    requestPayer: false,
    partSize: 16_777_216,
    partConcurrency: 4,
    concurrency: 32,
    connectTimeoutMs: 30_000,
    stallTimeoutMs: 30_000,
    requestTimeoutMs: 60_000,
  });
});

test("undefined stands for the default", () => {
  const { preset, ...defaults } = checkOptions({}, plain);
  const names = Object.keys(defaults);
  expect(names).toHaveLength(21);
  expect(checkOptions(Object.fromEntries(names.map((name) => [name, undefined])), plain)).toEqual({
    preset,
    ...defaults,
  });
});

test.each<S3Options>([
  { service: "aws" },
  { service: "b2" },
  { service: "r2" },
  { service: "gcs" },
  { service: "wasabi" },
  { service: "minio" },
  { service: "ceph" },
  { service: "other" },
  { region: "eu-west-1" },
  { region: "garage" },
  { profile: "my profile" },
  { client },
  { clientConfig: { maxAttempts: 2 } },
  { pathStyle: true },
  { pathStyle: false },
  { uploadChecksum: "md5" },
  { uploadChecksum: "none" },
  { bulkDelete: false },
  { createIfAbsent: false },
  { createIfAbsent: "probe" },
  { checkBeforeDelete: false },
  { verifyLoads: true },
  { storageClass: "STANDARD_IA" },
  { encryption: { algorithm: "AES256" } },
  { encryption: { algorithm: "aws:kms" } },
  { encryption: { algorithm: "aws:kms", keyId: "alias/mine", bucketKey: true, context: { store: "a" } } },
  { encryption: { algorithm: "aws:kms:dsse", keyId: "arn:aws:kms:eu-west-1:1:key/2" } },
  { encryption: { algorithm: "customer-key", key: new Uint8Array(32).fill(7) } },
  { requestPayer: true },
  { partSize: 5 * MiB },
  { partSize: 5 * 1024 * MiB },
  { partConcurrency: 1 },
  { partConcurrency: 64 },
  { concurrency: 1 },
  { concurrency: 1024 },
  { connectTimeoutMs: 1 },
  { connectTimeoutMs: 2_147_483_647 },
  { stallTimeoutMs: 1 },
  { stallTimeoutMs: 2_147_483_647 },
  { requestTimeoutMs: 1 },
  { requestTimeoutMs: 2_147_483_647 },
])("%o is taken as it is", (options) => {
  expect(checkOptions(options, plain)).toMatchObject(options);
});

test.each([
  { service: "AWS" },
  { service: "digitalocean" },
  { service: "toString" },
  { service: null },
  { region: "" },
  { region: "eu west" },
  { region: "eu-west-1.evil.org/" },
  { region: "-eu" },
  { region: "eu-" },
  { region: "a".repeat(64) },
  { region: 1 },
  { region: ["eu-west-1"] },
  { credentials: "AK:SK" },
  { credentials: null },
  { credentials: [] },
  { credentials: {} },
  { credentials: { accessKeyId: "AK" } },
  { credentials: { secretAccessKey: "SK" } },
  { credentials: { accessKeyId: "", secretAccessKey: "SK" } },
  { credentials: { accessKeyId: "AK", secretAccessKey: "" } },
  { credentials: { accessKeyId: "AK", secretAccessKey: "SK\n" } },
  { credentials: { accessKeyId: " AK", secretAccessKey: "SK" } },
  { credentials: { accessKeyId: "AK", secretAccessKey: "SK", sessionToken: "" } },
  { credentials: { accessKeyId: "AK", secretAccessKey: "SK", sessionToken: 1 } },
  { profile: "" },
  { profile: "a\nb" },
  { profile: " a" },
  { profile: 1 },
  { client: {} },
  { client: null },
  { client: "client" },
  { clientConfig: "x" },
  { clientConfig: null },
  { clientConfig: [] },
  { pathStyle: "yes" },
  { uploadChecksum: "sha256" },
  { uploadChecksum: true },
  { bulkDelete: 1 },
  { createIfAbsent: "yes" },
  { createIfAbsent: "" },
  { createIfAbsent: null },
  { checkBeforeDelete: "no" },
  { verifyLoads: 1 },
  { storageClass: "" },
  { storageClass: "A\r\nB" },
  { storageClass: 1 },
  { encryption: "AES256" },
  { encryption: true },
  { encryption: null },
  { encryption: {} },
  { encryption: { algorithm: "aes256" } },
  { encryption: { algorithm: "AES256", keyId: "x" } },
  { encryption: { algorithm: "aws:kms", keyID: "x" } },
  { encryption: { algorithm: "aws:kms", keyId: "" } },
  { encryption: { algorithm: "aws:kms", keyId: "a\nb" } },
  { encryption: { algorithm: "aws:kms", bucketKey: "yes" } },
  { encryption: { algorithm: "aws:kms", context: "x" } },
  { encryption: { algorithm: "aws:kms", context: { a: 1 } } },
  { encryption: { algorithm: "aws:kms", key: new Uint8Array(32) } },
  { encryption: { algorithm: "customer-key" } },
  { encryption: { algorithm: "customer-key", key: "a".repeat(32) } },
  { encryption: { algorithm: "customer-key", key: new Uint8Array(31) } },
  { encryption: { algorithm: "customer-key", key: new Uint8Array(33) } },
  { encryption: { algorithm: "customer-key", key: new Uint16Array(32) } },
  { encryption: { algorithm: "customer-key", key: new Uint8Array(32), keyId: "x" } },
  { requestPayer: "requester" },
  { partSize: 5 * MiB - 1 },
  { partSize: 5 * 1024 * MiB + 1 },
  { partSize: 6_000_000.5 },
  { partSize: "16777216" },
  { partConcurrency: 0 },
  { partConcurrency: 65 },
  { concurrency: 0 },
  { concurrency: 1025 },
  { concurrency: Number.NaN },
  { connectTimeoutMs: 0 },
  { connectTimeoutMs: 2_147_483_648 },
  { connectTimeoutMs: Infinity },
  { stallTimeoutMs: 0 },
  { stallTimeoutMs: 2_147_483_648 },
  { requestTimeoutMs: 0 },
  { requestTimeoutMs: 0.5 },
  { requestTimeoutMs: 2_147_483_648 },
])("%o is refused, and the message names the option", (options) => {
  expect(printed(refusal(options))).toMatch(Object.keys(options)[0] ?? "");
});

test.each(["endpoint", "bucket", "forcePathStyle", "accessKeyId", "durability", "pathstyle", "toString"])(
  "there is no option %s",
  (name) => {
    expect(printed(refusal({ [name]: undefined }))).toContain(`there is no option "${name}"`);
  },
);

describe("who logs in", () => {
  test("credentials of the options, of the URL, or none", async () => {
    const temporary = { ...credentials, sessionToken: "token" };
    const ofOptions = checkOptions({ credentials: temporary }, plain).credentials;
    await expect(ofOptions?.()).resolves.toEqual(temporary);
    const ofUrl = checkOptions({}, placeOfUrl("s3:AKIAKENNUNG:geheim5@/bucket/path")).credentials;
    await expect(ofUrl?.()).resolves.toEqual(credentials);
    await expect(checkOptions({ credentials }, plain).credentials?.()).resolves.toEqual(credentials);
    expect(checkOptions({}, placeOfUrl("s3:prof@/bucket/path")).credentials).toBeUndefined();
  });

  test("a function is not asked before there is anything to sign, and each time then", async () => {
    const ask = vi.fn<() => Promise<S3Credentials>>().mockResolvedValue(credentials);
    const settings = checkOptions({ credentials: ask }, plain);
    expect(ask).not.toHaveBeenCalled();
    await expect(settings.credentials?.()).resolves.toBe(credentials);
    await settings.credentials?.();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  test("a function that fails is told as that", async () => {
    const cause = new Error("the vault is locked");
    const { credentials: ask } = checkOptions({ credentials: () => Promise.reject(cause) }, plain);
    await expect(ask?.()).rejects.toMatchObject({ code: "UNAUTHENTICATED", unsent: true, cause });
  });

  test("the profile of the options, of the URL, or none", () => {
    expect(checkOptions({ profile: "other" }, plain).profile).toBe("other");
    expect(checkOptions({}, placeOfUrl("s3:prof@/bucket/path")).profile).toBe("prof");
    expect(checkOptions({}, placeOfUrl("s3:AK:SK@/bucket/path")).profile).toBeUndefined();
  });

  test.each<readonly [string, S3Options, RegExp]>([
    ["s3:/bucket/path", { credentials, profile: "x" }, /credentials and profile exclude each other/],
    ["s3:AK:SK@/bucket/path", { credentials }, /credentials of the options and credentials of the URL/],
    ["s3:AK:SK@/bucket/path", { profile: "x" }, /profile of the options and credentials of the URL/],
    ["s3:prof@/bucket/path", { credentials }, /credentials of the options and profile of the URL/],
    ["s3:prof@/bucket/path", { profile: "prof" }, /profile of the options and profile of the URL/],
    ["s3:/bucket/path", { client, credentials }, /credentials is not used when there is a client/],
    ["s3:/bucket/path", { client, profile: "x" }, /profile is not used when there is a client/],
    ["s3:/bucket/path", { client, region: "eu-west-1" }, /region is not used when there is a client/],
    ["s3:/bucket/path", { client, clientConfig: {} }, /clientConfig is not used when there is a client/],
    ["s3:/bucket/path", { client, pathStyle: false }, /pathStyle is not used when there is a client/],
    ["s3:AK:SK@/bucket/path", { client }, /the URL's credentials is not used when there is a client/],
    ["s3:prof@/bucket/path", { client }, /the URL's profile is not used when there is a client/],
  ])("%s with %o is refused", (url, options, problem) => {
    expect(printed(refusal(options, url))).toMatch(problem);
  });

  test("a client goes with an endpoint in the URL, which says what it is", () => {
    const settings = checkOptions({ client }, placeOfUrl("s3:https://s3.wasabisys.com/bucket/path"));
    expect(settings).toMatchObject({ client, service: "wasabi" });
  });
});

describe("secrets", () => {
  const { accessKeyId, secretAccessKey } = credentials;
  const bytes = Buffer.from(secretAccessKey.repeat(5));

  test.each([
    { credentials: `${accessKeyId}:${secretAccessKey}` },
    { credentials: [accessKeyId, secretAccessKey] },
    { credentials: { key: accessKeyId, secret: secretAccessKey } },
    { credentials: { accessKeyId, secretAccessKey: `${secretAccessKey}\n` } },
    { credentials: { accessKeyId: `${accessKeyId} `, secretAccessKey } },
    { credentials: { accessKeyId, secretAccessKey, sessionToken: "" } },
    { credentials: { accessKeyId: "", secretAccessKey, sessionToken: secretAccessKey } },
    { credentials, profile: "x" },
    { credentials, client },
    { profile: `${secretAccessKey}\n` },
    { region: `${accessKeyId}:${secretAccessKey}` },
    { client: credentials },
    { clientConfig: secretAccessKey },
    { encryption: secretAccessKey },
    { encryption: { algorithm: secretAccessKey } },
    { encryption: { algorithm: "AES256", key: secretAccessKey } },
    { encryption: { algorithm: "customer-key", key: secretAccessKey } },
    { encryption: { algorithm: "customer-key", key: bytes } },
    { encryption: { algorithm: "aws:kms", keyId: `${secretAccessKey}\n` } },
    { encryption: { algorithm: "aws:kms", context: secretAccessKey } },
    { storageClass: `${secretAccessKey}\n` },
  ])("no message about %o repeats them", (options) => {
    const text = printed(refusal(options));
    expect(text).not.toMatch(secrets);
    expect(text).not.toContain(bytes.toString("base64"));
    expect(text).not.toContain(bytes.toString("hex"));
  });

  test.each<S3Options>([{ credentials }, { profile: "x" }, { client }, { partSize: 1 }])(
    "nor does one about %o with credentials in the URL",
    (options) => {
      expect(printed(refusal(options, `s3:${accessKeyId}:${secretAccessKey}@/bucket/path`))).not.toMatch(
        secrets,
      );
    },
  );

  test("a dump of the settings shows no credentials", () => {
    const url = `s3:${accessKeyId}:${secretAccessKey}@/bucket/path`;
    expect(printed(checkOptions({}, placeOfUrl(url)))).not.toMatch(secrets);
    expect(printed(checkOptions({ credentials }, plain))).not.toMatch(secrets);
  });
});

describe("what the caller changes later changes nothing", () => {
  test("credentials", async () => {
    const given = { ...credentials };
    const settings = checkOptions({ credentials: given }, plain);
    given.secretAccessKey = "changed";
    await expect(settings.credentials?.()).resolves.toEqual(credentials);
  });

  test("the key of an encryption", () => {
    const key = Buffer.alloc(32, 7);
    const { encryption } = checkOptions({ encryption: { algorithm: "customer-key", key } }, plain);
    key.fill(0);
    expect(encryption).toEqual({ algorithm: "customer-key", key: new Uint8Array(32).fill(7) });
  });

  test("the context of an encryption and the client's configuration", () => {
    const context = { store: "a" };
    const encryption: S3Encryption = { algorithm: "aws:kms", context };
    const clientConfig = { maxAttempts: 2 };
    const settings = checkOptions({ encryption, clientConfig }, plain);
    context.store = "b";
    clientConfig.maxAttempts = 3;
    expect(settings.encryption).toMatchObject({ context: { store: "a" } });
    expect(settings.clientConfig).toEqual({ maxAttempts: 2 });
  });
});

describe("what depends on the service", () => {
  const wasabi = "s3:https://s3.eu-central-1.wasabisys.com/bucket/path";
  const google = "s3:https://storage.googleapis.com/bucket/path";

  test.each([
    [wasabi, {}, { service: "wasabi", region: "eu-central-1", pathStyle: true, uploadChecksum: "none" }],
    [
      wasabi,
      { region: "eu-1", pathStyle: false, uploadChecksum: "crc32" },
      { region: "eu-1", pathStyle: false },
    ],
    [wasabi, { service: "aws" }, { service: "aws", region: "eu-central-1", uploadChecksum: "crc32" }],
    [google, {}, { service: "gcs", region: "auto", bulkDelete: false, createIfAbsent: false }],
    [google, { bulkDelete: true, createIfAbsent: "probe" }, { bulkDelete: true, createIfAbsent: "probe" }],
    [
      "s3:http://localhost:9000/bucket/path",
      {},
      { service: "other", region: undefined, createIfAbsent: "probe" },
    ],
    ["s3:http://localhost:9000/bucket/path", { service: "r2" }, { service: "r2", createIfAbsent: "probe" }],
    [
      "b2:/bucket/path",
      {},
      { service: "b2", pathStyle: true, uploadChecksum: "none", createIfAbsent: "probe" },
    ],
    [
      "s3:/bucket/path",
      { clientConfig: { endpoint: "http://localhost" } },
      { service: "other", pathStyle: true },
    ],
    [wasabi, { clientConfig: { endpoint: "https://s3.eu-west-1.amazonaws.com" } }, { region: "eu-west-1" }],
    [wasabi, { clientConfig: { endpoint: () => ({}) } }, { service: "wasabi" }],
  ])("%s with %o has %j", (url, options, result) => {
    const settings = checkOptions(options as S3Options, placeOfUrl(url));
    expect(settings).toMatchObject(result);
    expect(settings.preset).toBe(presetOf(settings.service));
  });

  test.each([
    ["my-bucket-1", false],
    ["abc", false],
    ["a".repeat(63), false],
    ["a".repeat(64), true],
    ["ab", true],
    ["my.bucket", true],
    ["My-Bucket", true],
    ["my_bucket", true],
    ["-bucket", true],
    ["bucket-", true],
  ])("on AWS bucket %s is in the path: %s", (bucket, pathStyle) => {
    const place = placeOfUrl(`s3:/${bucket}/path`);
    expect(checkOptions({}, place).pathStyle).toBe(pathStyle);
    expect(checkOptions({ pathStyle: false }, place).pathStyle).toBe(false);
    expect(checkOptions({ service: "other" }, place).pathStyle).toBe(true);
  });
});
