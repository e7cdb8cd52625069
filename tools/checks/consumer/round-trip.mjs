// A user's program: a store in a directory, written, read and listed.
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { posixfs } from "@borgstore/backend-posixfs";
import { rclone } from "@borgstore/backend-rclone";
import { s3 } from "@borgstore/backend-s3";
import { sftp } from "@borgstore/backend-sftp";
import { openStore, StoreError } from "@borgstore/core";

const directory = `${process.cwd()}/storage`;
const options = {
  backends: [posixfs, rclone, s3, sftp],
  namespaces: { config: { levels: [0] }, data: { levels: [2] } },
};
const url = pathToFileURL(directory).href;

const key = "0123456789abcdef";
const value = new TextEncoder().encode("a value");

const writer = await openStore(url, { ...options, create: true });
await writer.store(`data/${key}`, value);
await writer.sync();
await writer.close();

const reader = await openStore(url, options);
assert.deepEqual(await reader.load(`data/${key}`), value);
assert.deepEqual(await reader.load(`data/${key}`, { offset: 2, size: 3 }), value.slice(2, 5));
const names = [];
for await (const item of reader.list("data")) names.push([item.name, item.size]);
assert.deepEqual(names, [[key, value.length]]);
await assert.rejects(reader.load("data/fedcba9876543210"), (error) => StoreError.is(error, "NOT_FOUND"));
await reader.close();
// Nobody listens there. What a connection needs is installed and is loaded.
const nowhere = openStore("sftp://127.0.0.1:1/storage", {
  ...options,
  backendOptions: { sshConfigFile: "none", transport: "ssh2" },
  retry: false,
});
await assert.rejects(nowhere, (error) => StoreError.is(error, "CONNECTION"));
const nowhereEither = openStore("s3:key:secret@http://127.0.0.1:1/bucket/storage", {
  ...options,
  retry: false,
});
await assert.rejects(nowhereEither, (error) => StoreError.is(error, "CONNECTION"));
// A program that is no rclone is started, and ends: what that needs is installed and is loaded.
const notRclone = openStore("rclone:remote:storage", {
  ...options,
  backendOptions: { rcloneProgram: process.execPath },
  retry: false,
});
await assert.rejects(notRclone, (error) => StoreError.is(error, "UNSUPPORTED"));
await rm(directory, { recursive: true });
console.log("round trip: good");
