import type { Backend } from "@borgstore/core";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sftpBackend, type SftpOptions } from "../src/index.ts";
import { status } from "../src/protocol/packet-types.ts";
import { inProcess } from "./in-process.ts";
import type { SftpRequestInfo } from "./server/sftp-server-options.ts";

const old = Buffer.from("the old value");
const fresh = Buffer.from("the new value");

interface SetUp {
  readonly base: string;
  readonly backend: Backend;
  /** What was asked for since the last call, without what opens and fills files. */
  readonly requests: () => string[];
  /** From now on this is what becomes of requests that give a new file the name of the object. */
  readonly whenNamed: (hook: () => BeforeAnswer) => void;
}

type BeforeAnswer = "proceed" | "drop" | { readonly status: number };

/** A storage with an object `a` on a server that cannot replace in one step. */
async function setUp(options: SftpOptions = { allowUnsafeReplace: true }): Promise<SetUp> {
  let requests: string[] = [];
  let hook: (() => BeforeAnswer) | undefined;
  const started = await inProcess({
    extensions: { "posix-rename@openssh.com": "no" },
    before: (request) => {
      if (/^(?:lstat|remove|rename)$/.test(request.type)) requests.push(line(request));
      return line(request) === "rename TEMP a" ? (hook?.() ?? "proceed") : "proceed";
    },
  });
  const backend = sftpBackend(started.options("store", { durability: "none", ...options }));
  onTestFinished(() => backend.close());
  await backend.create();
  await backend.open();
  await backend.store("a", old);
  requests = [];
  return {
    base: join(started.home, "store"),
    backend,
    requests: () => requests.splice(0),
    whenNamed: (given) => (hook = given),
  };
}

function line({ type, path, target }: SftpRequestInfo): string {
  const names = [path, target].filter((name) => name !== undefined);
  return [type, ...names.map((name) => name.replace("store/", "").replace(/^tmp.*/, "TEMP"))].join(" ");
}

test("without the option nothing is replaced, and nothing is written for it", async () => {
  const { backend, base, requests } = await setUp({});
  expect(backend.capabilities.atomicReplace).toBe(false);
  await expect(backend.store("a", fresh)).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringMatching(/allowUnsafeReplace/) as unknown,
  });
  expect(requests()).toEqual(["lstat a", "remove TEMP"]);
  expect(fs.readFileSync(join(base, "a"))).toEqual(old);
  expect(fs.readdirSync(base)).toEqual(["a"]);
});

test("without the option nothing is moved onto another object", async () => {
  const { backend, base } = await setUp({});
  await backend.store("b", fresh);
  await expect(backend.move("b", "a")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  expect(fs.readdirSync(base).toSorted()).toEqual(["a", "b"]);
});

test("what is there is put aside, and removed when the new one has its name", async () => {
  const { backend, base, requests } = await setUp();
  await backend.store("a", fresh);
  expect(requests()).toEqual(["lstat a", "lstat a", "rename a a.hid", "rename TEMP a", "remove a.hid"]);
  expect(fs.readFileSync(join(base, "a"))).toEqual(fresh);
  expect(fs.readdirSync(base)).toEqual(["a"]);
});

test("a move replaces in the same way", async () => {
  const { backend, base } = await setUp();
  await backend.store("b", fresh);
  await backend.move("b", "a");
  expect(fs.readFileSync(join(base, "a"))).toEqual(fresh);
  expect(fs.readdirSync(base)).toEqual(["a"]);
});

test("a new name needs nothing to be put aside", async () => {
  const { backend, requests } = await setUp();
  await backend.store("b", fresh);
  expect(requests().filter((request) => request.startsWith("rename"))).toEqual(["rename TEMP b"]);
});

describe("a failure in the middle", () => {
  test("brings the old value back, and leaves nothing else", async () => {
    const { backend, base, requests, whenNamed } = await setUp();
    whenNamed(() => ({ status: status.permissionDenied }));
    await expect(backend.store("a", fresh)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(requests().slice(-3)).toEqual(["rename TEMP a", "rename a.hid a", "remove TEMP"]);
    expect(fs.readFileSync(join(base, "a"))).toEqual(old);
    expect(fs.readdirSync(base)).toEqual(["a"]);
  });

  test("that a faster client may have caused is tried again", async () => {
    const { backend, base, whenNamed } = await setUp();
    let left = 3;
    whenNamed(() => (left-- > 0 ? { status: status.failure } : "proceed"));
    await backend.store("a", fresh);
    expect(fs.readFileSync(join(base, "a"))).toEqual(fresh);
    expect(fs.readdirSync(base)).toEqual(["a"]);
  });

  test("that goes on and on is told, with the old value in place", async () => {
    const { backend, base, whenNamed } = await setUp();
    whenNamed(() => ({ status: status.failure }));
    await expect(backend.store("a", fresh)).rejects.toMatchObject({ code: "UNEXPECTED" });
    expect(fs.readFileSync(join(base, "a"))).toEqual(old);
    expect(fs.readdirSync(base)).toEqual(["a"]);
  });

  test("of the connection leaves the old value aside, not listed, and the next store removes it", async () => {
    const { backend, base, whenNamed } = await setUp();
    whenNamed(() => "drop");
    await expect(backend.store("a", fresh)).rejects.toMatchObject({ code: "CONNECTION", retryable: true });
    whenNamed(() => "proceed");
    expect(fs.readFileSync(join(base, "a.hid"))).toEqual(old);
    const names: string[] = [];
    for await (const page of backend.list("")) names.push(...page.map(({ name }) => name));
    expect(names).toEqual([]);
    await backend.store("a", fresh);
    expect(fs.readFileSync(join(base, "a"))).toEqual(fresh);
    expect(fs.readdirSync(base).filter((name) => !name.endsWith(".tmp"))).toEqual(["a"]);
  });
});

test("a server that announces to replace in one step, and refuses, is believed the second time", async () => {
  const started = await inProcess({ extensions: { "posix-rename@openssh.com": "refuses" } });
  const backend = sftpBackend(started.options("store", { durability: "none" }));
  onTestFinished(() => backend.close());
  await backend.create();
  await backend.open();
  await backend.store("a", old);
  await expect(backend.store("a", fresh)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  await backend.store("b", fresh);
  expect(started.server.requests.get("extended:posix-rename@openssh.com")).toBe(1);
  expect(fs.readdirSync(join(started.home, "store")).toSorted()).toEqual(["a", "b"]);
  expect(Buffer.from(await backend.load("a"))).toEqual(old);
});
