import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { readManifest, root } from "../lib/workspace.mjs";
import { removeLeftovers } from "./leftovers.mjs";
import { markPure } from "./mark-pure.mjs";

/** @typedef {Record<string, { "@borgstore/source": string, default: string } | string>} Exports */

/**
 * The entries that a manifest exports.
 *
 * @param {import("../lib/workspace.mjs").Manifest} manifest
 * @returns {Record<string, string>} source files by the name of the built file, without its ending
 */
export function entriesOf({ exports }) {
  const entries = Object.values(/** @type {Exports} */ (exports)).filter(
    (entry) => typeof entry !== "string",
  );
  return Object.fromEntries(
    entries.map((entry) => [
      path.posix.relative("dist", path.posix.normalize(entry.default)).replace(/\.js$/, ""),
      entry["@borgstore/source"],
    ]),
  );
}

/** The language of what tsc would have written. */
function target() {
  const base = /** @type {{ compilerOptions: { target: string } }} */ (
    JSON.parse(readFileSync(path.join(root, "tsconfig.base.json"), "utf8"))
  );
  return base.compilerOptions.target.toLowerCase();
}

/**
 * What the files of a bundled package hold; nothing is written.
 *
 * @param {string} directory of the package
 * @param {string} dist where the files will be
 * @param {Record<string, string>} entries
 * @param {ReadonlySet<string>} dependencies that users get with the package
 * @returns {Promise<Map<string, string>>} texts by their names below `dist`, none before those that it needs
 * @throws Error where the bundler would only warn
 */
async function bundle(directory, dist, entries, dependencies) {
  const build = await rolldown({
    cwd: directory,
    input: entries,
    // Dependencies stay what they are, Node's modules and core too: its classes must be the same for all packages.
    external: (id) => !id.startsWith(".") && !path.isAbsolute(id),
    platform: "neutral",
    tsconfig: false,
    transform: { target: target() },
    // How long our own code takes is no fault of it.
    checks: { bundlerTimings: false },
    plugins: [{ name: "mark-pure", transform: { filter: { id: /\.ts$/ }, handler: markPure } }],
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  try {
    const { output } = await build.generate({
      dir: dist,
      format: "esm",
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
      sourcemap: true,
      // They are published, and the maps lead there.
      sourcemapExcludeSources: true,
      // They stand in the sources and, for users, in the declarations.
      comments: { legal: true, annotation: true, jsdoc: false },
    });
    const own = new Set(output.map(({ fileName }) => fileName));
    for (const file of output) {
      if (file.type !== "chunk") continue;
      refuseRenamedClasses(file.code);
      for (const id of [...file.imports, ...file.dynamicImports])
        if (!own.has(id)) mustBeListed(id, dependencies);
    }
    return new Map(
      output
        .toSorted((a, b) => rank(a) - rank(b))
        .map((file) => [file.fileName, file.type === "chunk" ? file.code : String(file.source)]),
    );
  } finally {
    await build.close();
  }
}

/**
 * @param {import("rolldown").OutputChunk | import("rolldown").OutputAsset} file
 * @returns {number} its place when files are written, so that none ever needs one that is not there yet
 */
function rank(file) {
  if (file.type === "asset") return 0;
  return file.isEntry ? 2 : 1;
}

/**
 * Two sources may give the same name to what is theirs alone, except to classes: those show their names to users.
 *
 * @param {string} code
 * @throws Error when the bundler had to rename a class
 */
function refuseRenamedClasses(code) {
  const renamed = /^(?:var|let|const) (\w+)\$\d+ = class\b|^class (\w+)\$\d+/m.exec(code);
  if (renamed !== null)
    throw new Error(`Two sources declare "${renamed[1] ?? renamed[2]}", one of them as a class`);
}

/**
 * What only the workspace has, and helpers of the bundler's own, would be missing at the users'.
 *
 * @param {string} id
 * @param {ReadonlySet<string>} dependencies
 * @throws Error for an import of what the manifest does not list
 */
function mustBeListed(id, dependencies) {
  if (id.startsWith("node:")) return;
  const name = id
    .split("/")
    .slice(0, id.startsWith("@") ? 2 : 1)
    .join("/");
  if (!dependencies.has(name)) throw new Error(`"${id}" is imported, but no dependency of the package`);
}

/**
 * Bundles a package.
 *
 * @param {string} directory of the package
 * @param {string} dist where the files go; those that hold the right text already are not touched
 * @returns {Promise<Set<string>>} the names of all files, below `dist`
 */
export async function writeBundle(directory, dist) {
  const manifest = readManifest(path.join(directory, "package.json"));
  const dependencies = new Set(
    Object.keys({ ...manifest.dependencies, .../** @type {object} */ (manifest["peerDependencies"]) }),
  );
  const texts = await bundle(directory, dist, entriesOf(manifest), dependencies);
  for (const [name, text] of texts) {
    const file = path.join(dist, name);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return new Set(texts.keys());
}

/**
 * Bundles a package into its `dist`, and removes there what earlier builds have left.
 *
 * @param {string} directory of the package
 */
export async function bundlePackage(directory) {
  const dist = path.join(directory, "dist");
  removeLeftovers(dist, path.join(directory, "src"), await writeBundle(directory, dist));
}
