import { requirePeer } from "@borgstore/tools-peers";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { posixfsBackend } from "../src/index.ts";
import { compilePackage, type CompiledPackage } from "./compiled-package.ts";
import { freshDirectory } from "./fresh-directory.ts";

const isRoot = process.getuid?.() === 0;

function canMount(): boolean {
  const place = fs.mkdtempSync(join(tmpdir(), "posixfs-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place]).status === 0;
  if (mounted) spawnSync("umount", [place]);
  fs.rmdirSync(place);
  return mounted;
}

const smallTmpfs = requirePeer(
  "small tmpfs",
  process.platform === "linux" && isRoot && canMount(),
  "mounting needs root",
);
const unprivilegedUser = requirePeer("unprivileged user", isRoot, "changing to another user needs root");

describe.skipIf(!smallTmpfs.available)(`a full file system ${smallTmpfs.tag}`, () => {
  test.each(["sync", "pool"] as const)("refuses with NO_SPACE and can be used again (io %s)", async (io) => {
    const place = freshDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", place]);
    try {
      const backend = posixfsBackend({ path: place, io });
      await backend.open();
      await backend.store("data/kept", new Uint8Array(100_000));
      await expect(backend.store("data/large", new Uint8Array(300_000))).rejects.toMatchObject({
        code: "NO_SPACE",
        key: "data/large",
      });
      const pieces = Array.from({ length: 3 }, () => new Uint8Array(1024 * 1024));
      await expect(backend.storeStream("data/stream", pieces)).rejects.toMatchObject({ code: "NO_SPACE" });
      // What was written of them is gone, or the disk would stay full.
      expect(fs.readdirSync(join(place, "data"))).toEqual(["kept"]);
      expect(await backend.load("data/kept")).toHaveLength(100_000);
      await backend.store("data/small", new Uint8Array(100_000));
      await backend.delete("data/kept");
      await backend.close();
    } finally {
      execFileSync("umount", [place]);
    }
  });
});

describe("processes of their own", () => {
  let compiled: CompiledPackage;
  beforeAll(() => {
    compiled = compilePackage();
  });
  afterAll(() => compiled.remove());

  test.each(["sync", "pool"])("1,000 stores at a time do with 200 file handles (io %s)", (io) => {
    const program = compiled.program(
      `handles-${io}`,
      `
      const backend = posixfs.fromUrl("file://" + base, { io: ${JSON.stringify(io)} });
      await backend.create();
      await backend.open();
      const names = Array.from({ length: 1000 }, (_, i) => "data/" + i);
      await Promise.all(names.map((name) => backend.store(name, new Uint8Array(10))));
      const loaded = await Promise.all(names.map((name) => backend.load(name)));
      console.log(loaded.length);
      await backend.close();
      `,
    );
    const command = `ulimit -n 200; exec "$0" "$1" "$2"`;
    const path = join(freshDirectory(), "store");
    expect(execFileSync("sh", ["-c", command, process.execPath, program, path]).toString()).toBe("1000\n");
  });

  test.each(["sync", "pool"])("waits for file handles that others hold (io %s)", (io) => {
    const program = compiled.program(
      `exhausted-${io}`,
      `
      const backend = posixfs.fromUrl("file://" + base, { io: ${JSON.stringify(io)} });
      await backend.create();
      await backend.open();
      await backend.store("a", new Uint8Array(1));
      const held = [];
      try {
        for (;;) held.push(fs.openSync("/dev/null"));
      } catch (error) {
        if (error.code !== "EMFILE") throw error;
      }
      const attempts = [backend.store("b", new Uint8Array(2)), backend.load("a")];
      setTimeout(() => held.forEach((fd) => fs.closeSync(fd)), 30);
      await Promise.all(attempts);
      console.log("done", held.length > 0);
      await backend.close();
      `,
    );
    const command = `ulimit -n 200; exec "$0" "$1" "$2"`;
    const path = join(freshDirectory(), "store");
    expect(execFileSync("sh", ["-c", command, process.execPath, program, path]).toString()).toBe(
      "done true\n",
    );
  });

  test.skipIf(!unprivilegedUser.available)(
    `what the modes forbid is PERMISSION_DENIED, and destroy says what stays ${unprivilegedUser.tag}`,
    () => {
      const directory = freshDirectory();
      fs.chmodSync(directory, 0o755);
      const path = join(directory, "store");
      fs.mkdirSync(join(path, "data"), { recursive: true });
      fs.writeFileSync(join(path, "data", "secret"), "x", { mode: 0o600 });
      const program = compiled.program(
        "stranger",
        `
        process.setgid(65534);
        process.setuid(65534);
        const backend = posixfs.fromUrl("file://" + base);
        const codeOf = (promise) => promise.then(() => "fine", (error) => error.code);
        await backend.open();
        const codes = [
          await codeOf(backend.load("data/secret")),
          await codeOf(backend.store("data/new", new Uint8Array(1))),
          await codeOf(backend.store("more/new", new Uint8Array(1))),
          await codeOf(backend.delete("data/secret")),
          await codeOf(backend.move("data/secret", "data/moved")),
        ];
        await backend.close();
        codes.push(await codeOf(backend.destroy()));
        console.log(codes.join(" "));
        `,
      );
      const denied = "PERMISSION_DENIED";
      expect(execFileSync(process.execPath, [program, path]).toString()).toBe(
        `${Array.from({ length: 6 }, () => denied).join(" ")}\n`,
      );
      expect(fs.existsSync(join(path, "data", "secret"))).toBe(true);
    },
  );
});
