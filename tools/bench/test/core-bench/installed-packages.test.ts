import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installedFor, readManifest, sizeOfFiles } from "../../src/core-bench/installed-packages.ts";

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "installed-test-")));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Makes a package in a directory below the root, linked as `name` beside others where they look for it. */
function makePackage(path: string, manifest: object): string {
  const directory = join(root, path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "package.json"), JSON.stringify(manifest));
  return directory;
}

function link(from: string, name: string, to: string): void {
  const path = join(from, "node_modules", name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(to, path);
}

test("everything that is installed for a package counts once, through links, without itself", () => {
  const app = makePackage("app", {
    name: "app",
    dependencies: { "@x/a": "1", b: "1" },
    devDependencies: { no: "1" },
  });
  const store = "store/node_modules";
  const a = makePackage(`${store}/@x/a`, { name: "@x/a", dependencies: { b: "1" } });
  const b = makePackage(`${store}/b`, { name: "b", optionalDependencies: { fast: "1", absent: "1" } });
  const fast = makePackage(`${store}/fast`, { name: "fast", dependencies: { "@x/a": "1" } });
  link(app, "@x/a", a);
  link(app, "b", b);
  expect(installedFor(app).toSorted()).toEqual([a, b, fast].toSorted());
  expect(readManifest(fast).name).toBe("fast");
});

test("a dependency that is not installed is an error", () => {
  const app = makePackage("app", { name: "app", dependencies: { gone: "1" } });
  expect(() => installedFor(app)).toThrow("gone is not installed");
});

test("files count with their sizes, those of other packages and links do not", () => {
  const app = makePackage("app", {});
  mkdirSync(join(app, "dist", "deep"), { recursive: true });
  writeFileSync(join(app, "dist", "deep", "a.js"), "12345");
  mkdirSync(join(app, "node_modules"));
  writeFileSync(join(app, "node_modules", "other.js"), "12345");
  symlinkSync(join(app, "package.json"), join(app, "link"));
  expect(sizeOfFiles(app)).toEqual({ files: 2, bytes: 7 });
});
