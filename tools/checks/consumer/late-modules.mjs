// Runs where ssh2, execa, ssh-config and the AWS SDK are not installed: a program that only names the backends pays
// nothing for them.
import assert from "node:assert/strict";
import { rclone, rcloneBackend } from "@borgstore/backend-rclone";
import { s3, s3Backend } from "@borgstore/backend-s3";
import { sftp, sftpBackend } from "@borgstore/backend-sftp";
import { openStore } from "@borgstore/core";

const options = { sshConfigFile: "none" };
assert.equal(sftpBackend({ host: "127.0.0.1", path: "storage", ...options }).capabilities.remote, true);
assert.equal(sftp.fromUrl("sftp://127.0.0.1:1/storage", options).capabilities.remote, true);

const place = { bucket: "bucket", prefix: "storage", endpoint: "http://127.0.0.1:1" };
assert.equal(s3Backend(place).capabilities.remote, true);
assert.equal(s3.fromUrl("b2:/bucket/storage").capabilities.remote, true);

assert.equal(rcloneBackend({ remote: "remote:storage" }).capabilities.remote, true);
assert.equal(rclone.fromUrl("rclone:/storage").capabilities.remote, true);

// They really are not there: connecting needs them.
const connecting = openStore("sftp://127.0.0.1:1/storage", {
  backends: [sftp],
  namespaces: { data: { levels: [2] } },
  backendOptions: { ...options, transport: "ssh2" },
  retry: false,
});
await assert.rejects(connecting, (error) => /ssh2|execa|ssh-config/.test(`${error} ${error.cause}`));
await assert.rejects(s3Backend(place).open(), (error) => /@aws-sdk/.test(`${error} ${error.cause}`));
// Any program will do, as it is not reached.
const program = { rcloneProgram: process.execPath };
const starting = rcloneBackend({ remote: "remote:storage", ...program }).open();
await assert.rejects(starting, (error) => /execa/.test(`${error} ${error.cause}`));
console.log("late modules: good");
