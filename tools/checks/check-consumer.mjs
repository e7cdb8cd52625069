// What users do: the packed tarballs are installed with npm in an empty project, imported, type-checked and run.
// Needs a package registry for the compilers and the test runner.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pack, withTempDirectory } from "../lib/pack.mjs";
import { quietTurbo, run } from "../lib/run.mjs";
import { readManifest, root } from "../lib/workspace.mjs";
import { documentedFiles } from "./documented-files.mjs";

const packages = [
  "core",
  "backend-posixfs",
  "backend-rclone",
  "backend-s3",
  "backend-sftp",
  "backend-testkit",
];

/** What a program loads only when it connects to a server. */
const loadedLate = ["ssh2", "execa", "ssh-config", "@aws-sdk", "@smithy"];
const page = path.join(root, "docs/writing-a-backend.md");
const newestCompiler = path.join(root, "node_modules/typescript/bin/tsc");

/** Oldest supported, last one in JavaScript, and the one that we build with. */
const compilers = [
  // Its Uint8Array has no type parameter yet, so declarations are checked only where they are used.
  { name: "5.4", file: "node_modules/typescript-5.4/bin/tsc", args: ["--skipLibCheck"] },
  { name: "5.9", file: "node_modules/typescript-5.9/bin/tsc", args: [] },
  { name: "newest", file: newestCompiler, args: [] },
];

/**
 * @param {string} directory
 * @param {Record<string, boolean>} compilerOptions beside those that users have anyway
 * @param {readonly string[]} [files] by default all below the directory
 */
function writeTsconfig(directory, compilerOptions, files) {
  const common = {
    target: "ES2022",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    strict: true,
    types: ["node"],
  };
  const config = { compilerOptions: { ...common, ...compilerOptions }, files };
  writeFileSync(path.join(directory, "tsconfig.json"), JSON.stringify(config));
}

/** @param {string} project */
function makeProject(project) {
  const tarballs = path.join(project, "tarballs");
  mkdirSync(tarballs);
  /** @type {Record<string, string>} */
  const dependencies = {};
  for (const name of packages) {
    dependencies[`@borgstore/${name}`] = `file:${pack(path.join(root, "packages", name), tarballs)}`;
  }
  const devDependencies = {
    "@types/node": "^20",
    "typescript-5.4": "npm:typescript@~5.4.0",
    "typescript-5.9": "npm:typescript@~5.9.0",
    vitest: readManifest(path.join(root, "node_modules/vitest/package.json")).version,
  };
  const manifest = { name: "consumer", private: true, type: "module", dependencies, devDependencies };
  writeFileSync(path.join(project, "package.json"), JSON.stringify(manifest));
  writeTsconfig(project, { noEmit: true }, ["types.ts"]);
  cpSync(path.join(root, "tools/checks/consumer"), project, { recursive: true });
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: project });
}

/**
 * Compiles and runs the files that the page about writing a backend shows, as its readers would.
 *
 * @param {string} project
 */
function tryPage(project) {
  const files = documentedFiles(readFileSync(page, "utf8"));
  const tests = [...files.keys()].filter((name) => name.endsWith(".test.ts"));
  if (tests.length === 0)
    throw new Error(`${page} shows no test: no block is marked \`ts file=NAME.test.ts\``);
  const directory = path.join(project, "page");
  mkdirSync(directory);
  for (const [name, text] of files) writeFileSync(path.join(directory, name), text);
  writeTsconfig(directory, { rewriteRelativeImportExtensions: true });
  run(process.execPath, [newestCompiler, "-p", directory], { cwd: project });
  const compiled = tests.map((name) => path.join("page", name.replace(/\.ts$/, ".js")));
  run(process.execPath, ["--test", "--test-reporter=spec", ...compiled], { cwd: project });
}

/**
 * Does something in a project where some modules are not installed.
 *
 * @param {string} project
 * @param {readonly string[]} modules
 * @param {() => void} work
 */
function without(project, modules, work) {
  const away = path.join(project, "away");
  mkdirSync(away);
  for (const name of modules) renameSync(path.join(project, "node_modules", name), path.join(away, name));
  work();
  for (const name of modules) renameSync(path.join(away, name), path.join(project, "node_modules", name));
}

/**
 * @param {string} what
 * @param {() => void} work
 */
function step(what, work) {
  const start = performance.now();
  work();
  console.log(`consumer: ${what}: good (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

quietTurbo(["build", "--filter=./packages/*"]);
await withTempDirectory("consumer", (project) => {
  const node = (/** @type {string[]} */ ...args) => run(process.execPath, args, { cwd: project });
  step("npm install of the tarballs", () => makeProject(project));
  step("ESM import and a store round trip", () => node("round-trip.mjs"));
  step("require()", () => node("require.cjs"));
  step(`import without ${loadedLate.join(", ")}`, () =>
    without(project, loadedLate, () => node("late-modules.mjs")),
  );
  // Types of ssh2 come with no dependency of ours: the declarations must do without them.
  if (existsSync(path.join(project, "node_modules/@types/ssh2"))) throw new Error("@types/ssh2 is installed");
  for (const { name, file, args } of compilers) {
    step(`types with TypeScript ${name}`, () => node(file, "-p", "tsconfig.json", ...args));
  }
  step("conformance of memory under node:test", () =>
    node("--test", "--test-reporter=spec", "conformance.node.mjs"),
  );
  step("conformance of memory under vitest", () => node("node_modules/vitest/vitest.mjs", "run"));
  step("files of docs/writing-a-backend.md", () => tryPage(project));
});
