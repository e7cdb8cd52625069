// `pnpm release:dry`: what a release would contain. Works on a copy, offline, and leaves the work tree as it is.
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";
import { pack, withTempDirectory } from "../lib/pack.mjs";
import { quietTurbo, run } from "../lib/run.mjs";
import { readTarball } from "../lib/tarball.mjs";
import { publicPackages, root } from "../lib/workspace.mjs";
import { notesOf } from "./notes.mjs";

/**
 * Copies the files that git tracks or would track, and the built packages. Packages find each other in the copy,
 * everything else in the original.
 *
 * @param {string} copy
 */
function copyRepository(copy) {
  const listed = run("git", [
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
    "--deduplicate",
  ]);
  for (const file of listed.split("\0")) {
    if (file !== "" && existsSync(path.join(root, file)))
      cpSync(path.join(root, file), path.join(copy, file));
  }
  symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  for (const { directory, manifest } of publicPackages(copy)) {
    cpSync(path.join(root, path.relative(copy, directory), "dist"), path.join(directory, "dist"), {
      recursive: true,
    });
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const neighbour = publicPackages(copy).find((found) => found.name === name);
      if (neighbour === undefined) continue;
      const link = path.join(directory, "node_modules", name);
      mkdirSync(path.dirname(link), { recursive: true });
      symlinkSync(neighbour.directory, link);
    }
  }
  // changesets asks git for the commits that brought the changesets.
  run("git", ["init", "--quiet", "--initial-branch=main"], { cwd: copy });
}

/** @param {number} bytes */
function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

quietTurbo(["build", "--filter=./packages/*"]);
await withTempDirectory("release", (copy) => {
  copyRepository(copy);
  const before = new Map(publicPackages(copy).map(({ name, manifest }) => [name, manifest.version]));
  run(process.execPath, [path.join(root, "node_modules/@changesets/cli/bin.js"), "version"], { cwd: copy });
  const tarballs = path.join(copy, "tarballs");
  mkdirSync(tarballs);
  let released = 0;
  for (const { name, directory, manifest } of publicPackages(copy)) {
    const { version = "" } = manifest;
    if (before.get(name) === version) {
      console.log(`${name} ${version}: no release`);
      continue;
    }
    released += 1;
    const tarball = pack(directory, tarballs);
    const entries = readTarball(tarball);
    const unpacked = entries.reduce((sum, { size }) => sum + size, 0);
    console.log(`${name} ${before.get(name)} → ${version}`);
    console.log(
      `  ${path.basename(tarball)}: ${kib(statSync(tarball).size)} packed, ${kib(unpacked)} unpacked`,
    );
    const packed = entries.find((entry) => entry.name === "package.json");
    if (packed !== undefined) {
      const { dependencies = {} } = /** @type {import("../lib/workspace.mjs").Manifest} */ (
        JSON.parse(packed.content.toString("utf8"))
      );
      for (const [dependency, range] of Object.entries(dependencies))
        console.log(`  needs ${dependency} ${range}`);
    }
    for (const entry of entries) console.log(`  ${kib(entry.size).padStart(11)}  ${entry.name}`);
    const notes = notesOf(readFileSync(path.join(directory, "CHANGELOG.md"), "utf8"), version);
    console.log(notes.replaceAll(/^(?=.)/gm, "  | "));
    console.log("");
  }
  console.log(`${released} of ${before.size} packages would be released`);
});
