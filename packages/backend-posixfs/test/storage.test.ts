import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { posixfsBackend } from "../src/index.ts";
import { freshDirectory } from "./fresh-directory.ts";

test("create makes the directory and those above it; open and destroy want it", async () => {
  const path = join(freshDirectory(), "a/b/store");
  const backend = posixfsBackend({ path });
  await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
  await expect(backend.destroy()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
  await backend.create();
  expect(fs.statSync(path).isDirectory()).toBe(true);
  await backend.open();
  await backend.close();
  await backend.destroy();
  expect(fs.existsSync(path)).toBe(false);
});

test.each(["x.tmp", "UPPER", ".hidden"])("create takes nothing over that has %s in it", async (name) => {
  const path = freshDirectory();
  fs.writeFileSync(join(path, name), "");
  await expect(posixfsBackend({ path }).create()).rejects.toMatchObject({ code: "BACKEND_EXISTS" });
  expect(fs.readdirSync(path)).toEqual([name]);
});

test("a file is no storage, and stays", async () => {
  const path = join(freshDirectory(), "file");
  fs.writeFileSync(path, "content");
  const backend = posixfsBackend({ path });
  await expect(backend.create()).rejects.toMatchObject({ code: "NOT_A_DIRECTORY" });
  await expect(backend.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
  await expect(backend.destroy()).rejects.toMatchObject({ code: "NOT_A_DIRECTORY" });
  const below = posixfsBackend({ path: join(path, "store") });
  await expect(below.create()).rejects.toMatchObject({ code: "NOT_A_DIRECTORY" });
  await expect(below.open()).rejects.toMatchObject({ code: "BACKEND_NOT_FOUND" });
  expect(fs.readFileSync(path, "utf8")).toBe("content");
});

test("destroy removes foreign content too", async () => {
  const path = join(freshDirectory(), "store");
  const backend = posixfsBackend({ path });
  await backend.create();
  fs.mkdirSync(join(path, "UPPER/deep/er"), { recursive: true });
  fs.writeFileSync(join(path, "UPPER/deep/File With Blanks"), "");
  fs.chmodSync(join(path, "UPPER"), 0o700);
  await backend.destroy();
  expect(fs.existsSync(path)).toBe(false);
});

test("the root of the file system is never destroyed", async () => {
  await expect(posixfsBackend({ path: "/" }).destroy()).rejects.toMatchObject({ code: "UNSUPPORTED" });
});
