import { commandWorks, requirePeer } from "@borgstore/tools-peers";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compilePackage, type CompiledPackage } from "./compiled-package.ts";
import { freshDirectory } from "./fresh-directory.ts";

const strace = requirePeer(
  "strace",
  commandWorks("strace", ["-qq", "-o", "/dev/null", "true"]),
  "it is missing or not allowed",
);

let compiled: CompiledPackage;

/** Runs a program whose first fsync fails as on a broken disk; the later ones succeed. Returns its output. */
function runWithFailingSync(path: string, options: string, body: string): string {
  fs.mkdirSync(path);
  const program = compiled.program(
    "failing",
    `
    const backend = posixfs.fromUrl("file://" + base, ${options});
    const codeOf = (promise) => promise.then(() => "fine", (error) => error.code + " " + error.cause.code);
    await backend.open();
    ${body}
    `,
  );
  const inject = ["-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1"];
  const traced = ["-f", "-qq", "-o", "/dev/null", ...inject, process.execPath, program, path];
  // strace counts by thread: with one, the first is the first of all.
  return execFileSync("strace", traced, { env: { ...process.env, UV_THREADPOOL_SIZE: "1" } }).toString();
}

const lost = "UNEXPECTED EIO\n";

describe.skipIf(!strace.available)(`a disk that fails once to sync ${strace.tag}`, () => {
  beforeAll(() => {
    compiled = compilePackage();
  });
  afterAll(() => compiled.remove());

  test("sync() goes on to reject, and so does close(), although the next fsync succeeds", () => {
    const path = join(freshDirectory(), "store");
    const body = `
      await backend.store("data/a", new Uint8Array(10));
      console.log(await codeOf(backend.sync()));
      console.log(await codeOf(backend.sync()));
      await backend.store("data/b", new Uint8Array(10));
      console.log(await codeOf(backend.sync()));
      console.log(await codeOf(backend.close()));
      console.log(backend.isOpen);
    `;
    expect(runWithFailingSync(path, "{}", body)).toBe(`${lost.repeat(4)}false\n`);
  });

  test.each([
    `backend.store("data/a", new Uint8Array(10))`,
    `backend.delete("data/a")`,
    `backend.move("data/b", "data/a")`,
  ])("sync() resolves again after %s", (remedy) => {
    const path = join(freshDirectory(), "store");
    const body = `
      await backend.store("data/a", new Uint8Array(10));
      console.log(await codeOf(backend.sync()));
      await backend.store("data/b", new Uint8Array(10));
      await ${remedy};
      console.log(await codeOf(backend.sync()));
      console.log(await codeOf(backend.close()));
    `;
    expect(runWithFailingSync(path, "{}", body)).toBe(`${lost}fine\nfine\n`);
  });

  test("a storage that was destroyed and made anew has nothing in doubt", () => {
    const path = join(freshDirectory(), "store");
    const body = `
      await backend.store("data/a", new Uint8Array(10));
      console.log(await codeOf(backend.close()));
      await backend.destroy();
      await backend.create();
      await backend.open();
      console.log(await codeOf(backend.sync()));
      await backend.close();
    `;
    expect(runWithFailingSync(path, "{}", body)).toBe(`${lost}fine\n`);
  });

  test.each([
    [`backend.store("data/a", new Uint8Array(10))`, "sync"],
    [`backend.store("data/a", new Uint8Array(10))`, "pool"],
    [`backend.store("data/a", new Uint8Array(10), { ifAbsent: true })`, "sync"],
    [`backend.storeStream("data/a", [new Uint8Array(10)])`, "sync"],
  ])("with durability each, %s fails and leaves nothing (io %s)", (call, io) => {
    const path = join(freshDirectory(), "store");
    const options = JSON.stringify({ durability: "each", io });
    const body = `
      console.log(await codeOf(${call}));
      console.log(await codeOf(backend.close()));
    `;
    expect(runWithFailingSync(path, options, body)).toBe(`${lost}fine\n`);
    expect(fs.readdirSync(join(path, "data"))).toEqual([]);
  });

  test("with durability each, a failed replacement leaves the old value", () => {
    const path = join(freshDirectory(), "store");
    const options = `{ durability: "each" }`;
    const body = `
      fs.mkdirSync(base + "/data");
      fs.writeFileSync(base + "/data/a", "old");
      console.log(await codeOf(backend.store("data/a", new Uint8Array(10))));
      await backend.close();
    `;
    expect(runWithFailingSync(path, options, body)).toBe(lost);
    expect(fs.readdirSync(join(path, "data"))).toEqual(["a"]);
    expect(fs.readFileSync(join(path, "data/a"), "utf8")).toBe("old");
  });
});
