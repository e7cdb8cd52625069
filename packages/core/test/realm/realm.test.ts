import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPackage, runInBareRealm } from "./run-in-bare-realm.ts";

const here = import.meta.dirname;
const packageRoot = path.resolve(here, "../..");
let built: string;

beforeAll(async () => {
  built = await mkdtemp(path.join(tmpdir(), "borgstore-realm-"));
  await buildPackage(packageRoot, built);
}, 120_000);

afterAll(async () => {
  await rm(built, { recursive: true, force: true });
});

test("core loads and works where there is nothing of Node", async () => {
  const result = await runInBareRealm({
    entry: path.join(here, "round-trip.mjs"),
    packages: { "@borgstore/core": path.join(built, "index.js") },
  });
  expect(result).toEqual({
    nodeGlobals: [],
    head: [1, 2],
    digest: createHash("sha256")
      .update(new Uint8Array([1, 2, 3]))
      .digest("hex"),
    isReason: true,
    store: { text: "hello", names: ["0123456789abcdef"], goneCode: "NOT_FOUND" },
  });
}, 60_000);

test("the realm refuses node: and packages, except host modules provided to the files of one directory", async () => {
  const entry = path.join(here, "needs-node.mjs");
  await expect(runInBareRealm({ entry })).rejects.toThrow(
    "imports node:fs, which does not exist in this realm",
  );
  await expect(runInBareRealm({ entry, provided: { [built]: ["node:fs"] } })).rejects.toThrow("node:fs");
  expect(await runInBareRealm({ entry, provided: { [here]: ["node:fs"] } })).toBe("function");
}, 60_000);

test("no source file of core imports anything but its own files", async () => {
  const sources = path.join(packageRoot, "src");
  const files = await readdir(sources, { recursive: true });
  const foreign: string[] = [];
  let imports = 0;
  for (const file of files.filter((name) => name.endsWith(".ts"))) {
    const text = await readFile(path.join(sources, file), "utf8");
    const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
    for (const match of code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(["'])([^"'\n]+)\1/g)) {
      imports++;
      if (match[2]?.startsWith(".") !== true) foreign.push(`${file}: ${match[2]}`);
    }
    if (/\brequire\s*\(/.test(code)) foreign.push(`${file}: require`);
  }
  expect(imports).toBeGreaterThan(50);
  expect(foreign).toEqual([]);
  const manifest = JSON.parse(await readFile(path.join(packageRoot, "package.json"), "utf8")) as object;
  expect(Object.keys(manifest)).not.toContain("dependencies");
});
