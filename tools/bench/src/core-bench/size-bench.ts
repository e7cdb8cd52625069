import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { builtEntry } from "../measure/built-packages.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Figure, Unit } from "../report/report.ts";
import { installedFor, readManifest, sizeOfFiles } from "./installed-packages.ts";
import { importedPackages } from "./import-time.ts";

const require = createRequire(import.meta.url);
const bytesPerKiB = 2 ** 10;
const bytesPerMiB = 2 ** 20;

/** A package as it would be published. */
interface Packed {
  readonly tarballBytes: number;
  readonly files: number;
  readonly bytes: number;
  readonly dependencies: number;
}

/**
 * Tells how large the published packages are: the tarball, what it unpacks to, and what is installed with it, from
 * the versions in this workspace. Packages of ours count as they are published. Needs pnpm and tar.
 *
 * @returns the reason as a string when a package is not built.
 */
export function measureSizes(workspace: Workspace): Figure[] | string {
  const packed = new Map<string, Packed>();
  for (const name of importedPackages) {
    if (builtEntry(name) === undefined) return `${name} is not built`;
    packed.set(name, packPackage(directoryOf(name), workspace));
  }
  return Array.from(packed, ([subject, own]): Figure[] => {
    const installed = installedFor(directoryOf(subject));
    let bytes = own.bytes;
    for (const directory of installed) {
      bytes += (packed.get(readManifest(directory).name) ?? sizeOfFiles(directory)).bytes;
    }
    const figure = (what: string, unit: Unit, value: number): Figure => {
      return { bench: "core", what, subject, callers: 1, unit, rounds: [value] };
    };
    return [
      figure("tarball", "KiB", own.tarballBytes / bytesPerKiB),
      figure("unpacked", "KiB", own.bytes / bytesPerKiB),
      figure("files", "files", own.files),
      figure(dependenciesOf, "packages", own.dependencies),
      figure("packages installed, itself included", "packages", installed.length + 1),
      figure("installed", "MiB", bytes / bytesPerMiB),
    ];
  }).flat();
}

/** What the number of packages is called that a package asks for at runtime. */
export const dependenciesOf = "runtime dependencies";

function directoryOf(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

function packPackage(directory: string, workspace: Workspace): Packed {
  const place = workspace.makeDirectory();
  execFileSync("pnpm", ["pack", "--pack-destination", place], { cwd: directory, stdio: "pipe" });
  const [tarball, ...others] = readdirSync(place);
  if (tarball === undefined || others.length > 0) throw new Error(`packing left ${others.length + 1} files`);
  const unpacked = join(place, "unpacked");
  mkdirSync(unpacked);
  execFileSync("tar", ["-xzf", join(place, tarball), "-C", unpacked]);
  const { dependencies = {}, optionalDependencies = {} } = readManifest(join(unpacked, "package"));
  return {
    tarballBytes: statSync(join(place, tarball)).size,
    ...sizeOfFiles(unpacked),
    dependencies: Object.keys({ ...dependencies, ...optionalDependencies }).length,
  };
}
