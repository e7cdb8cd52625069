import { requirePeer } from "@borgstore/tools-peers";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { posixfsBackend } from "../../src/index.ts";
import { freshDirectory } from "../fresh-directory.ts";
import { patchFs, type FsFunctions } from "./patch-fs.ts";
import { bytesBelow, leftovers, quotaFileOf } from "./storage-files.ts";

const limit = 1_000_000;

async function newStorage(): Promise<string> {
  const path = join(freshDirectory(), "store");
  await posixfsBackend({ path }).create();
  return path;
}

async function mustCountAnew(path: string): Promise<void> {
  expect(quotaFileOf(path)).toMatch(/^\d+ !$/);
  const backend = posixfsBackend({ path, quota: limit });
  await backend.open();
  await backend.close();
  expect(quotaFileOf(path)).toBe(String(bytesBelow(path)));
}

test("a store that fails after the value became visible is counted by what is there", async () => {
  const path = await newStorage();
  const backend = posixfsBackend({ path, quota: limit, durability: "each" });
  await backend.open();
  await backend.store("data/a", new Uint8Array(100));
  const { fsync } = fs;
  const failing = ((fd, done) => {
    if (fs.fstatSync(fd).isDirectory()) setImmediate(done, Object.assign(new Error("EIO"), { code: "EIO" }));
    else fsync(fd, done);
  }) as FsFunctions["fsync"];
  const undo = patchFs({ fsync: failing });
  await expect(backend.store("data/a", new Uint8Array(300))).rejects.toMatchObject({ code: "UNEXPECTED" });
  await expect(backend.store("data/b", new Uint8Array(50))).rejects.toMatchObject({ code: "UNEXPECTED" });
  await expect(backend.delete("data/b")).rejects.toMatchObject({ code: "UNEXPECTED" });
  await expect(backend.move("data/a", "data/c")).rejects.toMatchObject({ code: "UNEXPECTED" });
  expect(bytesBelow(path)).toBe(300);
  expect(await backend.quota()).toMatchObject({ usage: 300 });
  undo();
  await backend.close();
  expect(quotaFileOf(path)).toBe("300");
});

test("a store that hangs stays counted, since it may come to its end after all", async () => {
  const path = await newStorage();
  const backend = posixfsBackend({ path, quota: limit, io: "pool", deadlineMs: 500 });
  await backend.open();
  const { rename } = fs;
  let letGo: (() => void) | undefined;
  const hanging = ((from, to, done) => {
    if (String(to).endsWith("slow")) letGo = () => rename(from, to, done);
    else rename(from, to, done);
  }) as FsFunctions["rename"];
  patchFs({ rename: hanging });
  await expect(backend.store("data/slow", new Uint8Array(700))).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(await backend.quota()).toMatchObject({ usage: 700 });
  expect(letGo).toBeDefined();
  letGo?.();
  await expect.poll(async () => (await backend.info("data/slow")).exists).toBe(true);
  await backend.close();
  await mustCountAnew(path);
});

test("without the right to write, open says so and leaves nothing", async () => {
  const path = await newStorage();
  const { openSync } = fs;
  const refusing = ((file, flags, mode) => {
    if (typeof flags === "number" && (flags & fs.constants.O_CREAT) !== 0) {
      throw Object.assign(new Error("EROFS"), { code: "EROFS" });
    }
    return openSync(file, flags, mode);
  }) as FsFunctions["openSync"];
  patchFs({ openSync: refusing });
  const backend = posixfsBackend({ path, quota: limit, io: "sync" });
  await expect(backend.open()).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  expect(backend.isOpen).toBe(false);
  expect(fs.readdirSync(path)).toEqual([]);
});

function canMount(): boolean {
  const place = fs.mkdtempSync(join(tmpdir(), "posixfs-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place]).status === 0;
  if (mounted) spawnSync("umount", [place]);
  fs.rmdirSync(place);
  return mounted;
}

const smallTmpfs = requirePeer(
  "small tmpfs",
  process.platform === "linux" && process.getuid?.() === 0 && canMount(),
  "mounting needs root",
);

describe.skipIf(!smallTmpfs.available)(`a full file system ${smallTmpfs.tag}`, () => {
  test.each(["sync", "pool"] as const)(
    "lets objects be deleted, and is counted right again (io %s)",
    async (io) => {
      const path = freshDirectory();
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", path]);
      try {
        const backend = posixfsBackend({ path, io, quota: limit });
        await backend.open();
        await backend.store("data/a", new Uint8Array(100_000));
        await backend.store("data/b", new Uint8Array(50_000));
        const fill = fs.openSync(join(path, "fill"), "w");
        expect(() => {
          while (true) fs.writeSync(fill, new Uint8Array(4096));
        }).toThrow("ENOSPC");
        fs.closeSync(fill);
        await expect(backend.store("data/c", new Uint8Array(5000))).rejects.toMatchObject({
          code: "NO_SPACE",
        });
        await backend.delete("data/a");
        await backend.store("data/d", new Uint8Array(80_000));
        expect(await backend.quota()).toMatchObject({ usage: 130_000 });
        await backend.close();
        expect(leftovers(path)).toEqual([]);
        await mustCountAnew(path);
      } finally {
        execFileSync("umount", [path]);
      }
    },
  );
});
