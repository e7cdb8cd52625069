import { execFile } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = import.meta.dirname;
const bundler = path.resolve(here, "../../../../tools/build/bundle.mjs");
/** How often sources may change while they are bundled before it is given up. */
const mostBuilds = 5;

/** Which files there are below a directory, and when each was changed. */
async function stateOf(directory: string): Promise<string> {
  const files = (await readdir(directory, { recursive: true })).sort();
  const lines = files.map(async (file) => `${file} ${(await stat(path.join(directory, file))).mtimeMs}`);
  return (await Promise.all(lines)).join("\n");
}

/**
 * Bundles a package, as its build does, into a directory of the caller's own: a build in `dist` may be old or missing.
 * Sources that are edited meanwhile are read again: half of the old and half of the new need not fit together.
 */
export async function buildPackage(packageRoot: string, outDir: string): Promise<void> {
  const sources = path.join(packageRoot, "src");
  for (let count = 1; count <= mostBuilds; count++) {
    const before = await stateOf(sources);
    await run(process.execPath, [bundler, outDir], { cwd: packageRoot });
    if ((await stateOf(sources)) === before) return;
  }
  throw new Error(`the sources in ${sources} changed while they were bundled, ${mostBuilds} times`);
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
