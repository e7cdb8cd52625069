import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const here = import.meta.dirname;
const packageRoot = path.resolve(here, "../..");
let built: string;
/** What the compiler complained about, to be shown when the realm fails. */
let diagnostics = "";

/** Compiles core, as its build does, into a directory of this test's own. */
async function compileCore(outDir: string): Promise<void> {
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  const { bin } = JSON.parse(await readFile(manifest, "utf8")) as { bin: { tsc: string } };
  const compiler = path.resolve(path.dirname(manifest), bin.tsc);
  const project = path.join(packageRoot, "tsconfig.build.json");
  const parameters = [
    "-p",
    project,
    "--outDir",
    outDir,
    "--tsBuildInfoFile",
    path.join(outDir, "build.json"),
  ];
  try {
    await run(process.execPath, [compiler, ...parameters]);
  } catch (error) {
    // Errors of types are for the type check to report: the JavaScript is written all the same.
    if (!existsSync(path.join(outDir, "index.js"))) throw error;
    diagnostics = (error as { stdout: string }).stdout;
  }
}

interface Realm {
  readonly entry: string;
  readonly packages?: Readonly<Record<string, string>>;
  readonly provided?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Runs a module in a bare realm (see bare-realm.mjs) and returns what its `run` returned. The conformance suite can
 * be run here too: `packages` maps it to its compiled index, `provided` allows `node:assert/strict` to the files below
 * its directory, and the entry calls its runner-free form on a memory backend.
 */
async function runInBareRealm(realm: Realm): Promise<unknown> {
  const flags = ["--experimental-vm-modules", "--no-warnings"];
  const program = path.join(here, "bare-realm.mjs");
  try {
    const { stdout } = await run(process.execPath, [...flags, program, JSON.stringify(realm)]);
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(`${String(error)}\n${diagnostics}`, { cause: error });
  }
}

beforeAll(async () => {
  built = await mkdtemp(path.join(tmpdir(), "borgstore-realm-"));
  await compileCore(built);
}, 60_000);

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
