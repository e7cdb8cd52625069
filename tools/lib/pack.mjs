import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { run } from "./run.mjs";

/**
 * Gives `use` a new directory below the temp directory and removes it afterwards.
 *
 * @template T
 * @param {string} purpose part of the directory's name
 * @param {(directory: string) => Promise<T> | T} use
 * @returns {Promise<T>}
 */
export async function withTempDirectory(purpose, use) {
  const directory = mkdtempSync(path.join(tmpdir(), `borgstore-${purpose}-`));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Packs a built package as it would be published.
 *
 * @param {string} packageDirectory
 * @param {string} destination existing directory that holds no tarball of the package yet
 * @returns {string} path of the tarball
 */
export function pack(packageDirectory, destination) {
  const before = new Set(readdirSync(destination));
  run("pnpm", ["pack", "--pack-destination", destination], { cwd: packageDirectory });
  const added = readdirSync(destination).filter((name) => name.endsWith(".tgz") && !before.has(name));
  const [tarball] = added;
  if (tarball === undefined || added.length > 1)
    throw new Error(`packing ${packageDirectory} left no tarball`);
  return path.join(destination, tarball);
}
