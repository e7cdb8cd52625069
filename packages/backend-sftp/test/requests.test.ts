import type { Backend } from "@borgstore/core";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { sftpBackend, type SftpOptions } from "../src/index.ts";
import { inProcess, type InProcess } from "./in-process.ts";
import type { SftpRequestInfo, SftpServerOptions } from "./server/sftp-server-options.ts";

const value = new Uint8Array(1000).fill(7);
let recorded: string[] = [];

afterEach(() => {
  recorded = [];
});

interface Watched extends InProcess {
  readonly backend: Backend;
  /** What is requested while `work` runs, in the order of the requests: `TYPE NAME`, or `TYPE NAME > NAME`. */
  readonly requestsOf: (work: () => Promise<unknown>) => Promise<string[]>;
}

async function watched(
  options: SftpOptions = {},
  server: Partial<SftpServerOptions> = {},
  isToBeCreated = true,
): Promise<Watched> {
  const started = await inProcess({
    ...server,
    before: (request) => {
      recorded.push(line(request));
      return server.before?.(request) ?? "proceed";
    },
  });
  const backend = sftpBackend(started.options("store", { durability: "none", ...options }));
  if (isToBeCreated) await backend.create();
  if (isToBeCreated) await backend.open();
  onTestFinished(() => backend.close());
  return {
    ...started,
    backend,
    requestsOf: async (work) => {
      // Handles are closed without waiting for the answer: what comes after that on the connection has one.
      if (backend.isOpen) await backend.info("fence");
      recorded = [];
      await work();
      if (backend.isOpen) await backend.info("fence");
      const found = recorded.filter((request) => request !== "lstat fence");
      recorded = [];
      return found;
    },
  };
}

function line({ type, path, target }: SftpRequestInfo): string {
  const short = type.replace(/^extended:/, "").replace(/@openssh\.com$/, "");
  const names = [path, target].filter((name) => name !== undefined).map(shorten);
  return [short, names.join(" > ")].join(" ").trim();
}

function shorten(name: string): string {
  const relative = name.replace(/^.*?\bstore(?:\/|$)/, "").replace(/tmp\w+\.tmp/, "TEMP");
  return relative === "" ? "." : relative;
}

function syncs(requests: readonly string[]): string[] {
  return requests.filter((request) => request.startsWith("fsync"));
}

async function pages(backend: Backend, name: string, recursive = false): Promise<string[]> {
  const names: string[] = [];
  for await (const page of backend.list(name, { recursive })) names.push(...page.map((item) => item.name));
  return names;
}

describe("objects", () => {
  test("a store is open, write, close, posix-rename", async () => {
    const { backend, requestsOf } = await watched();
    await backend.mkdir("data");
    expect(await requestsOf(() => backend.store("data/a", value))).toEqual([
      "open data/TEMP",
      "write data/TEMP",
      "close data/TEMP",
      "posix-rename data/TEMP > data/a",
    ]);
  });

  test("an empty value is not written", async () => {
    const { backend, requestsOf } = await watched();
    expect(await requestsOf(() => backend.store("a", new Uint8Array()))).toEqual([
      "open TEMP",
      "close TEMP",
      "posix-rename TEMP > a",
    ]);
  });

  test("missing directories are made from the top down, and only when opening has missed them", async () => {
    const { backend, requestsOf } = await watched();
    expect(await requestsOf(() => backend.store("a/b/c", value))).toEqual([
      "open a/b/TEMP",
      "mkdir a",
      "mkdir a/b",
      "open a/b/TEMP",
      "write a/b/TEMP",
      "close a/b/TEMP",
      "posix-rename a/b/TEMP > a/b/c",
    ]);
  });

  test("a large value is written in pieces of the largest size that the server takes", async () => {
    const { backend, requestsOf } = await watched({}, { maxWriteBytes: 100_000 });
    const requests = await requestsOf(() => backend.store("a", new Uint8Array(250_000)));
    expect(requests).toEqual([
      "open TEMP",
      "write TEMP",
      "write TEMP",
      "write TEMP",
      "close TEMP",
      "posix-rename TEMP > a",
    ]);
  });

  test("a load is lstat, open, fstat, read, close", async () => {
    const { backend, requestsOf } = await watched();
    await backend.store("a", value);
    const requests = ["lstat a", "open a", "fstat a", "read a", "close a"];
    expect(await requestsOf(() => backend.load("a"))).toEqual(requests);
    expect(await requestsOf(() => backend.load("a", { offset: 10, size: 10 }))).toEqual(requests);
    expect(await requestsOf(() => backend.load("a", { offset: -10 }))).toEqual(requests);
  });

  test("nothing is read of an empty value, or for an empty range", async () => {
    const { backend, requestsOf } = await watched();
    await backend.store("empty", new Uint8Array());
    await backend.store("a", value);
    expect(await requestsOf(() => backend.load("empty"))).not.toContain("read empty");
    expect(await requestsOf(() => backend.load("a", { offset: 5000 }))).not.toContain("read a");
    expect(await requestsOf(() => backend.load("a", { size: 0 }))).not.toContain("read a");
  });

  test("a large value is read in pieces of the largest size that the server sends", async () => {
    const { backend, requestsOf } = await watched({}, { maxReadBytes: 100_000 });
    await backend.store("a", new Uint8Array(250_000));
    const requests = await requestsOf(() => backend.load("a"));
    expect(requests.filter((request) => request === "read a")).toHaveLength(3);
  });

  test("a server that sends less than it announced is asked for the rest", async () => {
    const { backend, requestsOf } = await watched(
      {},
      { maxReadBytes: 400, extensions: { "limits@openssh.com": "no" } },
    );
    await backend.store("a", value);
    const requests = await requestsOf(async () => expect(await backend.load("a")).toEqual(value));
    expect(requests.filter((request) => request === "read a")).toHaveLength(3);
  });

  test("info is lstat", async () => {
    const { backend, requestsOf } = await watched();
    await backend.store("a", value);
    expect(await requestsOf(() => backend.info("a"))).toEqual(["lstat a"]);
    expect(await requestsOf(() => backend.info("missing"))).toEqual(["lstat missing"]);
  });

  test("a delete is remove", async () => {
    const { backend, requestsOf } = await watched();
    await backend.store("a", value);
    expect(await requestsOf(() => backend.delete("a"))).toEqual(["remove a"]);
  });

  test("many are deleted by as many removals, and no more", async () => {
    const { backend, requestsOf } = await watched();
    for (const name of ["a", "b", "c"]) await backend.store(name, value);
    expect(await requestsOf(() => backend.deleteMany(["a", "b", "c"]))).toEqual([
      "remove a",
      "remove b",
      "remove c",
    ]);
  });

  test("a move is a look at the old name, posix-rename, and another look at the old name", async () => {
    const { backend, requestsOf } = await watched();
    await backend.store("a", value);
    expect(await requestsOf(() => backend.move("a", "b"))).toEqual([
      "lstat a",
      "posix-rename a > b",
      "lstat a",
    ]);
  });

  test("a move of what is missing makes no directory", async () => {
    const { backend, requestsOf } = await watched();
    expect(
      await requestsOf(() => expect(backend.move("a", "new/b")).rejects.toMatchObject({ code: "NOT_FOUND" })),
    ).toEqual(["lstat a"]);
  });

  test("storing only if absent is open and a look, write, close, hardlink, remove", async () => {
    const { backend, requestsOf } = await watched();
    await backend.store("first", value, { ifAbsent: true });
    expect(await requestsOf(() => backend.store("a", value, { ifAbsent: true }))).toEqual([
      "lstat a",
      "open TEMP",
      "write TEMP",
      "close TEMP",
      "hardlink TEMP > a",
      "remove TEMP",
    ]);
  });

  test("the first one finds out whether hard links work", async () => {
    const { backend, requestsOf } = await watched();
    const requests = await requestsOf(() => backend.store("a", value, { ifAbsent: true }));
    expect(requests.slice(0, 6)).toEqual([
      "open TEMP",
      "close TEMP",
      "hardlink TEMP > TEMP",
      "hardlink TEMP > TEMP",
      "remove TEMP",
      "remove TEMP",
    ]);
    expect(requests).toHaveLength(12);
  });

  test("moving only if absent is two looks, hardlink, remove", async () => {
    const { backend, requestsOf } = await watched();
    await backend.store("a", value, { ifAbsent: true });
    expect(await requestsOf(() => backend.move("a", "b", { ifAbsent: true }))).toEqual([
      "lstat a",
      "lstat b",
      "hardlink a > b",
      "remove a",
    ]);
  });

  test("a digest is asked for once by both names, and then the value is read", async () => {
    const { backend, requestsOf } = await watched();
    await backend.store("a", value);
    const hash = createHash("sha256").update(value).digest("hex");
    const work = async (): Promise<void> => expect(await backend.hash("a")).toBe(hash);
    const read = ["lstat a", "open a", "fstat a", "read a", "close a"];
    expect(await requestsOf(work)).toEqual([
      "lstat a",
      "open a",
      "check-file-handle a",
      "check-file",
      "close a",
      ...read,
    ]);
    expect(await requestsOf(work)).toEqual(read);
  });

  test("a server that computes digests sends nothing of the value", async () => {
    const { backend, requestsOf, server } = await watched({}, { extensions: { "check-file": "yes" } });
    await backend.store("a", value);
    await backend.hash("a");
    const hash = createHash("sha512").update(value).digest("hex");
    const requests = await requestsOf(async () => expect(await backend.hash("a", "sha512")).toBe(hash));
    expect(requests).toEqual(["lstat a", "open a", "check-file-handle a", "close a"]);
    expect(server.deliveredBytes).toBe(0);
  });

  test("a digest that the server does not know is computed here", async () => {
    const { backend, requestsOf } = await watched({}, { extensions: { "check-file": "yes" } });
    await backend.store("a", value);
    const hash = createHash("sha3-256").update(value).digest("hex");
    const requests = await requestsOf(async () => expect(await backend.hash("a", "sha3-256")).toBe(hash));
    expect(requests).toEqual(["lstat a", "open a", "fstat a", "read a", "close a"]);
  });
});

describe("directories", () => {
  test("a listing is opendir, readdir until the end, close", async () => {
    const { backend, requestsOf } = await watched();
    await backend.store("data/a", value);
    expect(await requestsOf(() => pages(backend, "data"))).toEqual([
      "opendir data",
      "readdir data",
      "readdir data",
      // What comes after the end is asked for before that is known.
      "readdir data",
      "readdir data",
      "close data",
    ]);
  });

  test("entries whose kind stands in their long names only are not looked at one by one", async () => {
    const { backend, requestsOf, home } = await watched({}, { omitPermissionsInReaddir: true });
    await backend.store("data/a", value);
    await backend.mkdir("data/b");
    fs.symlinkSync("a", join(home, "store/data/c"));
    const requests = await requestsOf(async () => expect(await pages(backend, "data")).toEqual(["a", "b"]));
    expect(requests.filter((request) => request.startsWith("lstat"))).toEqual([]);
  });

  test("a recursive listing opens each directory once", async () => {
    const { backend, requestsOf } = await watched();
    for (const name of ["data/a/1", "data/b/2", "data/b/c/3"]) await backend.store(name, value);
    const requests = await requestsOf(() => pages(backend, "data", true));
    const opened = requests.filter((request) => request.startsWith("opendir"));
    expect(opened.sort()).toEqual(["opendir data", "opendir data/a", "opendir data/b", "opendir data/b/c"]);
  });

  test("mkdir makes all that is missing, and looks whether it is there", async () => {
    const { backend, requestsOf } = await watched();
    expect(await requestsOf(() => backend.mkdir("a/b"))).toEqual(["mkdir a", "mkdir a/b", "lstat a/b"]);
  });

  test("rmdir is rmdir", async () => {
    const { backend, requestsOf } = await watched();
    await backend.mkdir("a");
    expect(await requestsOf(() => backend.rmdir("a"))).toEqual(["rmdir a"]);
  });

  test("quota is statvfs", async () => {
    const { backend, requestsOf } = await watched();
    expect(await requestsOf(() => backend.quota())).toEqual(["statvfs ."]);
  });

  test("creating a storage asks for its directory first, and makes what is missing", async () => {
    const { backend, requestsOf } = await watched({}, {}, false);
    const requests = await requestsOf(() => backend.create());
    expect(requests.filter((request) => !/^(?:readdir|close) /.test(request))).toEqual([
      "init",
      "limits",
      "stat .",
      "mkdir .",
      "stat .",
      "opendir .",
    ]);
  });

  test("opening a storage looks at its directory, and for linked namespaces in it", async () => {
    const { backend, requestsOf } = await watched();
    await backend.close();
    const requests = await requestsOf(() => backend.open());
    expect(requests.slice(0, 4)).toEqual(["init", "limits", "stat .", "opendir ."]);
    expect(requests.filter((request) => !/^(?:readdir|close) /.test(request))).toHaveLength(4);
  });

  test("opening a storage does not look for links where they are allowed", async () => {
    const { backend, requestsOf } = await watched({ allowLinkedNamespaces: true });
    await backend.close();
    expect(await requestsOf(() => backend.open())).toEqual(["init", "limits", "stat ."]);
  });
});

describe("durability", () => {
  test("with none, nothing is ever synced", async () => {
    const { backend, requestsOf } = await watched({ durability: "none" });
    const requests = await requestsOf(async () => {
      await backend.store("a/b", value);
      await backend.move("a/b", "c/d");
      await backend.delete("c/d");
      await backend.sync();
    });
    expect(syncs(requests)).toEqual([]);
  });

  test("with each, a file is synced before it gets its name, and then its directory", async () => {
    const { backend, requestsOf } = await watched({ durability: "each" });
    await backend.store("data/first", value);
    expect(await requestsOf(() => backend.store("data/a", value))).toEqual([
      "open data/TEMP",
      "write data/TEMP",
      "fsync data/TEMP",
      "close data/TEMP",
      "posix-rename data/TEMP > data/a",
      "open data",
      "fsync data",
      "close data",
    ]);
  });

  test("with each, directories that were made are synced too, up to the storage's own", async () => {
    const { backend, requestsOf } = await watched({ durability: "each" });
    const requests = await requestsOf(() => backend.store("a/b/c", value));
    expect(syncs(requests).toSorted()).toEqual(["fsync .", "fsync a", "fsync a/b", "fsync a/b/TEMP"]);
    expect(requests.indexOf("fsync a/b/TEMP")).toBeLessThan(
      requests.indexOf("posix-rename a/b/TEMP > a/b/c"),
    );
    expect(syncs(requests)[0]).toBe("fsync a/b/TEMP");
  });

  test("with each, a move syncs both directories and a delete its own", async () => {
    const { backend, requestsOf } = await watched({ durability: "each" });
    await backend.store("a/x", value);
    await backend.store("b/y", value);
    const moving = await requestsOf(() => backend.move("a/x", "b/x"));
    // The new one first: a crash in between must not lose both names.
    expect(syncs(moving)).toEqual(["fsync b", "fsync a"]);
    expect(syncs(await requestsOf(() => backend.delete("b/x")))).toEqual(["fsync b"]);
  });

  test("with sync, nothing is synced before sync() is called, and then files before directories", async () => {
    const { backend, requestsOf } = await watched({ durability: "sync" });
    await backend.sync();
    const storing = await requestsOf(async () => {
      await backend.store("data/a", value);
      await backend.store("data/b", value);
    });
    expect(syncs(storing)).toEqual([]);
    const syncing = syncs(await requestsOf(() => backend.sync()));
    expect(syncing.slice(0, 2).toSorted()).toEqual(["fsync data/a", "fsync data/b"]);
    expect(syncing.slice(2).toSorted()).toEqual(["fsync .", "fsync data"]);
    expect(await requestsOf(() => backend.sync())).toEqual([]);
  });

  test("with sync, closing syncs what is not durable yet", async () => {
    const { backend, server } = await watched({ durability: "sync" });
    server.resetCounts();
    await backend.store("a", value);
    await backend.close();
    expect(server.requests.get("extended:fsync@openssh.com")).toBe(2);
  });

  test("a server that cannot sync is not asked to, and the backend says so", async () => {
    const { backend, requestsOf } = await watched(
      { durability: "each" },
      { extensions: { "fsync@openssh.com": "no" } },
    );
    expect(backend.capabilities.durable).toBe(false);
    const requests = await requestsOf(() => backend.store("a", value));
    expect(syncs(requests)).toEqual([]);
  });
});
