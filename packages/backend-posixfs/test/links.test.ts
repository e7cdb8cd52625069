import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { posixfsBackend } from "../src/index.ts";
import { freshDirectory } from "./fresh-directory.ts";

function setUp(): { path: string; outside: string } {
  const directory = freshDirectory();
  const path = join(directory, "store");
  const outside = join(directory, "outside");
  fs.mkdirSync(path);
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, "secret"), "not ours");
  return { path, outside };
}

async function namesIn(backend: ReturnType<typeof posixfsBackend>, name: string): Promise<string[]> {
  const names: string[] = [];
  for await (const page of backend.list(name, { recursive: true }))
    names.push(...page.map((item) => item.name));
  return names;
}

describe.each(["sync", "pool"] as const)("with io %s", (io) => {
  test("a link to a file is no object: not loaded, shown, listed or moved; stored over, deleted as itself", async () => {
    const { path, outside } = setUp();
    fs.mkdirSync(join(path, "data"));
    fs.symlinkSync(join(outside, "secret"), join(path, "data/link"));
    const backend = posixfsBackend({ path, io });
    await backend.open();
    await expect(backend.load("data/link")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await backend.info("data/link")).exists).toBe(false);
    expect(await namesIn(backend, "")).toEqual([]);
    await expect(backend.move("data/link", "data/b")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(backend.store("data/link", new Uint8Array(1), { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await backend.store("data/link", new Uint8Array(2));
    expect(fs.readFileSync(join(outside, "secret"), "utf8")).toBe("not ours");
    expect(await backend.load("data/link")).toHaveLength(2);
    fs.rmSync(join(path, "data/link"));
    fs.symlinkSync(join(outside, "secret"), join(path, "data/link"));
    await backend.delete("data/link");
    expect(fs.readdirSync(outside)).toEqual(["secret"]);
    await backend.close();
  });

  test("a namespace that is a link is refused, unless it is allowed", async () => {
    const { path, outside } = setUp();
    fs.symlinkSync(outside, join(path, "data"));
    await expect(posixfsBackend({ path, io }).open()).rejects.toMatchObject({
      code: "UNSUPPORTED",
      key: "data",
    });
    const backend = posixfsBackend({ path, io, allowLinkedNamespaces: true });
    await backend.open();
    await backend.store("data/new", new Uint8Array(1));
    expect(fs.readdirSync(outside).sort()).toEqual(["new", "secret"]);
    expect(await namesIn(backend, "data")).toEqual(["new", "secret"]);
    expect(await namesIn(backend, "")).toEqual(["data/new", "data/secret"]);
    expect(await backend.info("data")).toMatchObject({ exists: true, isDirectory: true });
    await backend.close();
  });

  test("list and destroy do not go down links, loops included", async () => {
    const { path, outside } = setUp();
    fs.mkdirSync(join(path, "data"));
    fs.symlinkSync(outside, join(path, "data/away"));
    fs.symlinkSync("..", join(path, "data/loop"));
    fs.symlinkSync("nowhere", join(path, "dangling"));
    const backend = posixfsBackend({ path, io });
    await backend.open();
    await backend.store("data/a", new Uint8Array(1));
    expect(await namesIn(backend, "")).toEqual(["data/a"]);
    expect(await namesIn(backend, "data/away")).toEqual([]);
    await backend.close();
    await backend.destroy();
    expect(fs.existsSync(path)).toBe(false);
    expect(fs.readFileSync(join(outside, "secret"), "utf8")).toBe("not ours");
  });

  test("a storage that is a link is opened, but destroy refuses before it removes anything", async () => {
    const { path, outside } = setUp();
    const link = join(path, "..", "link");
    fs.symlinkSync(outside, link);
    const backend = posixfsBackend({ path: link, io });
    await backend.open();
    expect(await namesIn(backend, "")).toEqual(["secret"]);
    await backend.close();
    await expect(backend.destroy()).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(fs.readdirSync(outside)).toEqual(["secret"]);
  });

  test("pipes are not waited for, and are no objects", async () => {
    const { path } = setUp();
    execFileSync("mkfifo", [join(path, "pipe")]);
    const backend = posixfsBackend({ path, io });
    await backend.open();
    await expect(backend.load("pipe")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(backend.load("pipe", { offset: -1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await backend.info("pipe")).exists).toBe(false);
    expect(await namesIn(backend, "")).toEqual([]);
    await backend.close();
  });
});
