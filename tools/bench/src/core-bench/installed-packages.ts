import { existsSync, readFileSync, realpathSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** What of a manifest says what is installed with a package. */
interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Reads the manifest of a package in a directory. */
export function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
}

/**
 * The directories of all packages that are installed for one: what it depends on, what that depends on, and so on,
 * each once, without itself. Optional ones count where they are installed.
 *
 * @param directory of the package
 * @throws Error when a dependency is not installed.
 */
export function installedFor(directory: string): string[] {
  const start = realpathSync(directory);
  const found = new Set([start]);
  for (const at of found) {
    const { dependencies = {}, optionalDependencies = {} } = readManifest(at);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const dependency = findPackage(name, at);
      if (dependency !== undefined) found.add(dependency);
      else if (optionalDependencies[name] === undefined) throw new Error(`${name} is not installed`);
    }
  }
  found.delete(start);
  return [...found];
}

/** Looks for a package as Node.js does: in `node_modules` of the directory and of those above it. */
function findPackage(name: string, from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const candidate = join(at, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate);
    if (at === dirname(at)) return undefined;
  }
}

/** Number of files below a directory and the sum of their sizes; `node_modules` are left out, links not followed. */
export function sizeOfFiles(directory: string): { readonly files: number; readonly bytes: number } {
  let files = 0;
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== "node_modules") {
      const below = sizeOfFiles(path);
      files += below.files;
      bytes += below.bytes;
    } else if (entry.isFile()) {
      files++;
      bytes += statSync(path).size;
    }
  }
  return { files, bytes };
}
