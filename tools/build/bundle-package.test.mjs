import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundlePackage, entriesOf } from "./bundle-package.mjs";
import { markPure } from "./mark-pure.mjs";

const manifest = {
  name: "bundled",
  type: "module",
  exports: {
    ".": { "@borgstore/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./package.json": "./package.json",
  },
};

/** @type {string} */
let directory;

/**
 * @param {string} file
 * @param {string} [text]
 */
function put(file, text = "") {
  mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
  writeFileSync(path.join(directory, file), text);
}

/** @param {string} file */
function read(file) {
  return readFileSync(path.join(directory, file), "utf8");
}

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "bundle-"));
  put("package.json", JSON.stringify(manifest));
  put("dist/index.d.ts");
  put(
    "src/index.ts",
    `export { fail } from "./deep/fail.ts";\nexport type { Reason } from "./deep/fail.ts";\n`,
  );
  put(
    "src/deep/fail.ts",
    [
      `import { sep } from "node:path";`,
      `export interface Reason { readonly text: string }`,
      `/** Explained elsewhere. */`,
      `export async function fail(reason: Reason): Promise<never> {`,
      `  const { basename } = await import("node:path/posix");`,
      `  throw new Error(basename(reason.text) + sep);`,
      `}`,
    ].join("\n"),
  );
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a package", () => {
  test("that imports what its manifest does not list is refused, also what only the bundler wants", async () => {
    for (const [line, wanted] of [
      [`export { expect } from "vitest";`, "vitest"],
      [`export const late = () => import("@scope/name/deep");`, "@scope/name/deep"],
      [`export async function use(x: AsyncDisposable) { await using y = x; return y; }`, "@oxc-project"],
    ]) {
      put("src/index.ts", line);
      await expect(bundlePackage(directory)).rejects.toThrow(wanted);
    }
    put("package.json", JSON.stringify({ ...manifest, peerDependencies: { "@scope/name": "1" } }));
    put("src/index.ts", `export const late = () => import("@scope/name/deep");`);
    await bundlePackage(directory);
    expect(read("dist/index.js")).toContain(`import("@scope/name/deep")`);
  });

  test("becomes one file, whose imports of other packages stay and stay late", async () => {
    await bundlePackage(directory);
    expect(readdirSync(path.join(directory, "dist")).toSorted()).toEqual([
      "index.d.ts",
      "index.js",
      "index.js.map",
    ]);
    expect(read("dist/index.js")).toMatch(/^import \{ sep \} from "node:path";$/m);
    expect(read("dist/index.js")).toContain(`await import("node:path/posix")`);
    expect(read("dist/index.js")).not.toContain("Explained");
  });

  test("has errors whose stack names the line of the source", async () => {
    await bundlePackage(directory);
    const { sources, sourcesContent } = JSON.parse(read("dist/index.js.map"));
    expect(sources).toEqual(["../src/deep/fail.ts"]);
    expect(sourcesContent?.join("") ?? "").toBe("");
    const program = `
      const { fail } = await import(${JSON.stringify(pathToFileURL(path.join(directory, "dist/index.js")).href)});
      console.log((await fail({ text: "a/b" }).catch((error) => error)).stack);
    `;
    const args = ["--enable-source-maps", "--input-type=module", "--eval", program];
    const stack = execFileSync(process.execPath, args, { encoding: "utf8" });
    expect(stack).toContain("Error: b/");
    expect(stack).toContain(`${path.join(directory, "src/deep/fail.ts")}:6:`);
  });

  test("keeps nothing of earlier builds but the declarations of sources that are still there", async () => {
    for (const file of [
      "deep/fail.js",
      "deep/fail.js.map",
      "deep/gone.d.ts",
      "deep/gone.d.ts.map",
      "old/a.js",
    ])
      put(`dist/${file}`);
    for (const file of ["deep/fail.d.ts", "deep/fail.d.ts.map", ".tsbuildinfo"]) put(`dist/${file}`);
    await bundlePackage(directory);
    const files = readdirSync(path.join(directory, "dist"), { recursive: true }).map(String).toSorted();
    expect(files).toEqual([
      ".tsbuildinfo",
      "deep",
      path.join("deep", "fail.d.ts"),
      path.join("deep", "fail.d.ts.map"),
      "index.d.ts",
      "index.js",
      "index.js.map",
    ]);
  });

  test("that has not changed is not written again", async () => {
    await bundlePackage(directory);
    const before = statSync(path.join(directory, "dist/index.js"), { bigint: true }).mtimeNs;
    await bundlePackage(directory);
    expect(statSync(path.join(directory, "dist/index.js"), { bigint: true }).mtimeNs).toBe(before);
  });

  test("that imports a file which is not there fails, and nothing is written", async () => {
    put("src/index.ts", `export * from "./missing.ts";`);
    await expect(bundlePackage(directory)).rejects.toThrow("missing.ts");
    expect(existsSync(path.join(directory, "dist/index.js"))).toBe(false);
  });

  test("may not have two things of one name when one is a class", async () => {
    put("src/a.ts", `class Part {}\nexport const a = new Part();`);
    put("src/b.ts", `class Part {}\nexport const b = new Part();`);
    put("src/index.ts", `export * from "./a.ts";\nexport * from "./b.ts";`);
    await expect(bundlePackage(directory)).rejects.toThrow(
      `Two sources declare "Part", one of them as a class`,
    );
  });

  test("has as many entries as its manifest exports", () => {
    const deep = { "@borgstore/source": "./src/deep/fail.ts", default: "./dist/deep/fail.js" };
    const exports = { ...manifest.exports, "./fail": deep };
    expect(entriesOf({ name: "bundled", exports })).toEqual({
      index: "./src/index.ts",
      "deep/fail": "./src/deep/fail.ts",
    });
  });
});

describe("calls that are marked as free of effects", () => {
  test.each([
    ["const a = make();", "const a = /* @__PURE__ */ make();"],
    [
      "export const a: A<() => B> = new Map<A, B>();",
      "export const a: A<() => B> = /* @__PURE__ */ new Map<A, B>();",
    ],
    ["const a = { b: [make(1)] };", "const a = { b: [/* @__PURE__ */ make(1)] };"],
    ["const a = one(two());", "const a = /* @__PURE__ */ one(/* @__PURE__ */ two());"],
  ])("%s", (before, after) => {
    expect(markPure(before)?.code).toBe(after);
  });

  test.each([
    "make();",
    "const a = () => make();",
    "function a() { const b = make(); }",
    "class A { b = make(); }",
  ])("not %s", (code) => {
    expect(markPure(code)).toBeNull();
  });
});
