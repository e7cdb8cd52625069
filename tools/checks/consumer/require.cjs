// CommonJS programs get the packages with require, which Node does for ESM since 20.19 and 22.12.
const assert = require("node:assert/strict");
const core = require("@borgstore/core");
const { posixfs } = require("@borgstore/backend-posixfs");
const { rclone } = require("@borgstore/backend-rclone");
const { s3 } = require("@borgstore/backend-s3");
const { sftp } = require("@borgstore/backend-sftp");

assert.equal(typeof core.openStore, "function");
assert.deepEqual(posixfs.schemes, ["file"]);
assert.deepEqual(rclone.schemes, ["rclone"]);
assert.deepEqual(s3.schemes, ["s3", "b2"]);
assert.deepEqual(sftp.schemes, ["sftp"]);
console.log("require: good");
