import { describe, expect, test } from "vitest";
import { objectOptions, type ObjectOptions } from "../src/object-options.ts";
import { checkOptions, type S3Options } from "../src/options.ts";
import { placeOfUrl } from "../src/url.ts";

function parametersOf(options: S3Options): ObjectOptions {
  return objectOptions(checkOptions(options, placeOfUrl("s3:https://host/bucket/path")));
}

const key = Uint8Array.from({ length: 32 }, (_each, at) => at);
const base64 = Buffer.from(key).toString("base64");
const customer = { SSECustomerAlgorithm: "AES256", SSECustomerKey: base64 };
const copySource = { CopySourceSSECustomerAlgorithm: "AES256", CopySourceSSECustomerKey: base64 };
const payer = { RequestPayer: "requester" };
const kms = {
  ServerSideEncryption: "aws:kms",
  SSEKMSKeyId: "alias/mine",
  BucketKeyEnabled: true,
  SSEKMSEncryptionContext: Buffer.from('{"a":"ä"}').toString("base64"),
};

const nothing = { plain: {}, read: {}, write: {}, copy: {}, part: {}, copyPart: {} };

test.each<readonly [title: string, options: S3Options, parameters: object]>([
  ["nothing", {}, nothing],
  ["false", { requestPayer: false }, nothing],
  [
    "a storage class goes with what makes an object",
    { storageClass: "GLACIER_IR" },
    { ...nothing, write: { StorageClass: "GLACIER_IR" }, copy: { StorageClass: "GLACIER_IR" } },
  ],
  [
    "the payer goes with everything",
    { requestPayer: true },
    { plain: payer, read: payer, write: payer, copy: payer, part: payer, copyPart: payer },
  ],
  [
    "a key of the service is named when an object is made",
    { encryption: { algorithm: "AES256" } },
    { ...nothing, write: { ServerSideEncryption: "AES256" }, copy: { ServerSideEncryption: "AES256" } },
  ],
  [
    "the key management is named when an object is made",
    {
      encryption: { algorithm: "aws:kms", keyId: "alias/mine", bucketKey: true, context: { a: "ä" } },
    },
    { ...nothing, write: kms, copy: kms },
  ],
  [
    "what is left out of the key management's options is left out",
    { encryption: { algorithm: "aws:kms:dsse" } },
    {
      ...nothing,
      write: { ServerSideEncryption: "aws:kms:dsse" },
      copy: { ServerSideEncryption: "aws:kms:dsse" },
    },
  ],
  [
    "a key of the customer's goes with all that reads or writes values, and twice with copies",
    { encryption: { algorithm: "customer-key", key } },
    {
      plain: {},
      read: customer,
      write: customer,
      copy: { ...customer, ...copySource },
      part: customer,
      copyPart: { ...customer, ...copySource },
    },
  ],
  [
    "all together",
    { encryption: { algorithm: "customer-key", key }, requestPayer: true, storageClass: "STANDARD_IA" },
    {
      plain: payer,
      read: { ...payer, ...customer },
      write: { ...payer, ...customer, StorageClass: "STANDARD_IA" },
      copy: { ...payer, ...customer, ...copySource, StorageClass: "STANDARD_IA" },
      part: { ...payer, ...customer },
      copyPart: { ...payer, ...customer, ...copySource },
    },
  ],
])("%s", (_title, options, parameters) => {
  expect(parametersOf(options)).toStrictEqual(parameters);
});

describe("a key of the customer's", () => {
  test("is copied, so that the caller may wipe it", () => {
    const mine = Uint8Array.from(key);
    const settings = checkOptions(
      { encryption: { algorithm: "customer-key", key: mine } },
      placeOfUrl("s3:https://host/bucket/path"),
    );
    mine.fill(0);
    expect(objectOptions(settings).read.SSECustomerKey).toBe(base64);
  });
});
