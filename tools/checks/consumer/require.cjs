// CommonJS programs get the packages with require, which Node does for ESM since 20.19 and 22.12.
const assert = require("node:assert/strict");
const core = require("@borgstore/core");
const { posixfs } = require("@borgstore/backend-posixfs");

assert.equal(typeof core.openStore, "function");
assert.deepEqual(posixfs.schemes, ["file"]);
console.log("require: good");
