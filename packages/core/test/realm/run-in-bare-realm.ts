import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = import.meta.dirname;
/** How often sources may change while they are compiled before it is given up. */
const mostCompilations = 5;

/** Which files there are below a directory, and when each was changed. */
async function stateOf(directory: string): Promise<string> {
  const files = (await readdir(directory, { recursive: true })).sort();
  const lines = files.map(async (file) => `${file} ${(await stat(path.join(directory, file))).mtimeMs}`);
  return (await Promise.all(lines)).join("\n");
}

/**
 * Compiles a package, as its build does, into a directory of the caller's own. Sources that are edited meanwhile are
 * compiled again: half of the old and half of the new need not fit together.
 *
 * @returns what the compiler complained about. Errors of types are for the type check to report: the JavaScript is
 *   written all the same.
 */
export async function compilePackage(packageRoot: string, outDir: string): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve("typescript/package.json");
  const { bin } = JSON.parse(await readFile(manifest, "utf8")) as { bin: { tsc: string } };
  const compiler = path.resolve(path.dirname(manifest), bin.tsc);
  const project = path.join(packageRoot, "tsconfig.build.json");
  const buildInfo = path.join(outDir, "build.json");
  const sources = path.join(packageRoot, "src");
  for (let count = 1; count <= mostCompilations; count++) {
    const before = await stateOf(sources);
    let complaints = "";
    try {
      const flags = ["-p", project, "--outDir", outDir, "--tsBuildInfoFile", buildInfo];
      await run(process.execPath, [compiler, ...flags]);
    } catch (error) {
      if (!existsSync(path.join(outDir, "index.js"))) throw error;
      complaints = (error as { stdout: string }).stdout;
    }
    if ((await stateOf(sources)) === before) return complaints;
  }
  throw new Error(`the sources in ${sources} changed while they were compiled, ${mostCompilations} times`);
}

/** A program for a bare realm; see bare-realm.mjs. */
export interface Realm {
  /** A module that exports `run()`, whose result is plain data. */
  readonly entry: string;
  /** Files for bare specifiers. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Host modules that the files below a directory, and no others, may import. */
  readonly provided?: Readonly<Record<string, readonly string[]>>;
}

/** Runs a module in a bare realm and returns what its `run` returned. */
export async function runInBareRealm(realm: Realm): Promise<unknown> {
  const flags = ["--experimental-vm-modules", "--no-warnings"];
  const program = path.join(here, "bare-realm.mjs");
  const { stdout } = await run(process.execPath, [...flags, program, JSON.stringify(realm)]);
  return JSON.parse(stdout);
}
