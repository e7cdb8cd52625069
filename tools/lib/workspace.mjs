import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository, without a slash at its end. */
export const root = path.resolve(fileURLToPath(new URL("../..", import.meta.url)));

/**
 * @typedef {{
 *   name: string, version?: string, private?: boolean, files?: string[],
 *   scripts?: Record<string, string>, dependencies?: Record<string, string>,
 *   devDependencies?: Record<string, string>, repository?: { directory?: string },
 * } & Record<string, unknown>} Manifest
 * @typedef {{ name: string, path: string, directory: string, manifest: Manifest }} WorkspacePackage
 */

/**
 * @param {string} file
 * @returns {Manifest}
 */
export function readManifest(file) {
  return /** @type {Manifest} */ (JSON.parse(readFileSync(file, "utf8")));
}

/**
 * All packages of the workspace in the order of their paths; `path` is relative to the repository.
 *
 * @param {string} [top] repository to look at
 * @returns {WorkspacePackage[]}
 */
export function workspacePackages(top = root) {
  const folders = ["examples", "packages", "tools"].filter((folder) => existsSync(path.join(top, folder)));
  const below = folders.flatMap((folder) =>
    readdirSync(path.join(top, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${folder}/${entry.name}`),
  );
  return ["tools", ...below]
    .filter((relative) => existsSync(path.join(top, relative, "package.json")))
    .toSorted()
    .map((relative) => {
      const directory = path.join(top, relative);
      const manifest = readManifest(path.join(directory, "package.json"));
      return { name: manifest.name, path: relative, directory, manifest };
    });
}

/**
 * The packages that are published.
 *
 * @param {string} [top] repository to look at
 * @returns {WorkspacePackage[]}
 */
export function publicPackages(top = root) {
  return workspacePackages(top).filter((found) => found.manifest.private !== true);
}
