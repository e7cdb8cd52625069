import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Imports a module of the installed peers by its name. */
export type ImportPeer = (specifier: string) => Promise<unknown>;

/** The pinned versions, by package name. */
export function readPeerVersions(): Record<string, string> {
  const text = readFileSync(new URL("../../peers.json", import.meta.url), "utf8");
  return JSON.parse(text) as Record<string, string>;
}

/**
 * Installs the pinned peers once into a cache directory of the user, apart from the workspace. Needs npm and its
 * registry the first time.
 *
 * @throws Error of npm when it cannot install them.
 */
export async function installPeers(versions: Readonly<Record<string, string>>): Promise<ImportPeer> {
  const packageJson = JSON.stringify({ private: true, type: "module", dependencies: versions });
  const id = createHash("sha256").update(packageJson).digest("hex").slice(0, 12);
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const directory = join(cache, "borgstore-bench", `peers-${id}`);
  if (!existsSync(directory)) install(directory, packageJson);
  // A module there resolves names as the peers themselves do.
  const importer = pathToFileURL(join(directory, "import.mjs")).href;
  const module = (await import(importer)) as { readonly importPeer: ImportPeer };
  return module.importPeer;
}

/** Installs beside the place and moves there when complete, so that a broken install is not taken for one. */
function install(directory: string, packageJson: string): void {
  const unfinished = `${directory}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    writeFileSync(join(unfinished, "package.json"), packageJson);
    writeFileSync(join(unfinished, "import.mjs"), "export const importPeer = (name) => import(name);\n");
    const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", args, { cwd: unfinished, stdio: ["ignore", "ignore", "inherit"] });
    renameSync(unfinished, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
