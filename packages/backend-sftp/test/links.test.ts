import type { Backend } from "@borgstore/core";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sftpBackend, type SftpOptions } from "../src/index.ts";
import { packetType } from "../src/protocol/packet-types.ts";
import { PacketWriter } from "../src/protocol/packet-writer.ts";
import { Session } from "../src/session.ts";
import { destroyStorage } from "../src/storage.ts";
import { Tree } from "../src/tree.ts";
import { inProcess } from "./in-process.ts";
import { answers, ScriptedLink } from "./protocol/scripted-link.ts";

interface SetUp {
  /** The storage's directory. */
  readonly base: string;
  /** A directory beside it, with a file. */
  readonly outside: string;
  readonly home: string;
  readonly make: (path: string, options?: SftpOptions) => Backend;
}

async function setUp(): Promise<SetUp> {
  const started = await inProcess();
  const { home } = started;
  const base = join(home, "store");
  const outside = join(home, "outside");
  fs.mkdirSync(base);
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, "secret"), "not ours");
  return {
    base,
    outside,
    home,
    make: (path, options) => {
      const backend = sftpBackend(started.options(path, { durability: "none", ...options }));
      onTestFinished(() => backend.close());
      return backend;
    },
  };
}

async function namesIn(backend: Backend, name: string): Promise<string[]> {
  const names: string[] = [];
  for await (const page of backend.list(name, { recursive: true }))
    names.push(...page.map((item) => item.name));
  return names;
}

async function streamed(backend: Backend, name: string): Promise<number> {
  let count = 0;
  for await (const piece of backend.loadStream(name)) count += piece.byteLength;
  return count;
}

describe("a link to a file", () => {
  test("is no object: not loaded, hashed, shown, listed or moved", async () => {
    const { base, outside, make } = await setUp();
    fs.mkdirSync(join(base, "data"));
    fs.symlinkSync(join(outside, "secret"), join(base, "data/link"));
    const backend = make("store");
    await backend.open();
    const missing = { code: "NOT_FOUND", key: "data/link" };
    await expect(backend.load("data/link")).rejects.toMatchObject(missing);
    await expect(streamed(backend, "data/link")).rejects.toMatchObject(missing);
    await expect(backend.hash("data/link")).rejects.toMatchObject(missing);
    await expect(backend.move("data/link", "data/b")).rejects.toMatchObject(missing);
    expect((await backend.info("data/link")).exists).toBe(false);
    expect(await namesIn(backend, "")).toEqual([]);
    expect(fs.readlinkSync(join(base, "data/link"))).toBe(join(outside, "secret"));
  });

  test("is replaced and deleted as itself, and never what it leads to", async () => {
    const { base, outside, make } = await setUp();
    for (const name of ["stored", "moved", "deleted"]) {
      fs.symlinkSync(join(outside, "secret"), join(base, name));
    }
    const backend = make("store");
    await backend.open();
    await expect(backend.store("stored", new Uint8Array(1), { ifAbsent: true })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await backend.store("stored", new Uint8Array(2));
    await backend.store("a", new Uint8Array(3));
    await backend.move("a", "moved");
    await backend.delete("deleted");
    expect(fs.readFileSync(join(outside, "secret"), "utf8")).toBe("not ours");
    expect(fs.readdirSync(base).toSorted()).toEqual(["moved", "stored"]);
    expect([await backend.load("stored"), await backend.load("moved")].map(({ length }) => length)).toEqual([
      2, 3,
    ]);
  });

  test("that leads nowhere, and one to a file beside the namespaces, do not keep a storage from being opened", async () => {
    const { base, outside, make } = await setUp();
    fs.symlinkSync("nowhere", join(base, "dangling"));
    fs.symlinkSync(join(outside, "secret"), join(base, "file"));
    fs.symlinkSync("loop", join(base, "loop"));
    const backend = make("store");
    await backend.open();
    expect(await namesIn(backend, "")).toEqual([]);
  });
});

describe("a link to a directory", () => {
  test("is refused where a namespace would be, by name and with what allows it", async () => {
    const { base, outside, make } = await setUp();
    fs.symlinkSync(outside, join(base, "data"));
    await expect(make("store").open()).rejects.toMatchObject({
      code: "UNSUPPORTED",
      key: "data",
      message: expect.stringMatching(/allowLinkedNamespaces/) as unknown,
    });
  });

  test("is a namespace where that is allowed", async () => {
    const { base, outside, make } = await setUp();
    fs.symlinkSync(outside, join(base, "data"));
    const backend = make("store", { allowLinkedNamespaces: true });
    await backend.open();
    await backend.store("data/new", new Uint8Array(1));
    expect(fs.readdirSync(outside).toSorted()).toEqual(["new", "secret"]);
    expect(await namesIn(backend, "data")).toEqual(["new", "secret"]);
    expect(await namesIn(backend, "")).toEqual(["data/new", "data/secret"]);
    expect(await backend.info("data")).toMatchObject({ exists: true, isDirectory: true });
    await backend.delete("data/new");
    expect(fs.readdirSync(outside)).toEqual(["secret"]);
  });

  test("is not gone down below a namespace, loops included, allowed or not", async () => {
    const { base, outside, make } = await setUp();
    fs.mkdirSync(join(base, "data"));
    fs.symlinkSync(outside, join(base, "data/away"));
    fs.symlinkSync("..", join(base, "data/loop"));
    for (const allowLinkedNamespaces of [false, true]) {
      const backend = make("store", { allowLinkedNamespaces });
      await backend.open();
      await backend.store("data/a", new Uint8Array(1));
      expect(await namesIn(backend, "")).toEqual(["data/a"]);
      expect((await backend.info("data/away")).exists).toBe(false);
    }
  });
});

describe("destroying", () => {
  test("removes links and not what they lead to", async () => {
    const { base, outside, make } = await setUp();
    fs.mkdirSync(join(base, "data"));
    fs.symlinkSync(outside, join(base, "data/away"));
    fs.symlinkSync(outside, join(base, "space"));
    fs.symlinkSync("..", join(base, "data/loop"));
    await make("store").destroy();
    expect(fs.existsSync(base)).toBe(false);
    expect(fs.readFileSync(join(outside, "secret"), "utf8")).toBe("not ours");
  });

  test("is refused when the storage itself is a link, with nothing removed", async () => {
    const { base, home, make } = await setUp();
    fs.writeFileSync(join(base, "a"), "value");
    fs.symlinkSync("store", join(home, "link"));
    await expect(make("link").destroy()).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(fs.readdirSync(base)).toEqual(["a"]);
    const backend = make("link");
    await backend.open();
    expect(Buffer.from(await backend.load("a")).toString()).toBe("value");
  });

  test("is refused for a file", async () => {
    const { home, make } = await setUp();
    fs.writeFileSync(join(home, "file"), "not a storage");
    await expect(make("file").destroy()).rejects.toMatchObject({ code: "NOT_A_DIRECTORY" });
    expect(fs.readFileSync(join(home, "file"), "utf8")).toBe("not a storage");
  });

  // Never tried at a server with a disk.
  test.each([
    "/",
    "/.",
    "/./",
    "/..",
    "/srv/..",
    "/srv/../..",
    ".",
    "..",
    "./.",
    "../..",
    "store/..",
    "a/../../..",
  ])(
    "is refused for %j, a root or what holds the login directory, before anything is removed",
    async (path) => {
      const link = new ScriptedLink();
      const starting = Session.start(link, { stallMs: 1e6, requestMs: 1e6, longRequestMs: 1e6 });
      link.receive(answers.version(3));
      const session = await starting;
      const destroying = destroyStorage(session, new Tree(path), undefined).catch((error: unknown) => error);
      await new Promise<void>((resolve) => process.nextTick(resolve));
      const directory = new PacketWriter(packetType.attrs, 20).uint32(1).uint32(4).uint32(0o040755).finish();
      link.receive(directory);
      await new Promise<void>((resolve) => process.nextTick(resolve));
      const asked = link.requests.map(({ type }) => type);
      session.client.lstat("so that all ends").catch(() => undefined);
      await session.end(true);
      expect(asked).toEqual([packetType.init, packetType.lstat]);
      expect(await destroying).toMatchObject({ code: "UNSUPPORTED" });
    },
  );
});

describe("linked namespaces that are allowed", () => {
  test("exist for mkdir, and one that leads nowhere is left out of a listing", async () => {
    const { base, outside, make } = await setUp();
    fs.symlinkSync(outside, join(base, "linked"));
    fs.symlinkSync(join(outside, "nowhere"), join(base, "dangling"));
    const backend = make("store", { allowLinkedNamespaces: true });
    await backend.open();
    await backend.mkdir("linked");
    expect(await namesIn(backend, "")).toEqual(["linked/secret"]);
    await expect(backend.mkdir("dangling")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  });
});
