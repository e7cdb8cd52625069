import { isDeepStrictEqual } from "node:util";
import { publicPackages } from "../../lib/workspace.mjs";

/** @typedef {import("../check-repo.mjs").Repository} Repository */
/** @typedef {import("../../lib/workspace.mjs").WorkspacePackage} WorkspacePackage */

/** What lies in the directory of a package, besides CHANGELOG.md, which comes with its first release. */
const files = [
  "LICENSE",
  "README.md",
  "package.json",
  "src",
  "test",
  "tsconfig.build.json",
  "tsconfig.json",
  "tsconfig.test.json",
  "vitest.config.ts",
];

/** Fields that are the same in all packages. */
const same = [
  "license",
  "bugs",
  "files",
  "type",
  "sideEffects",
  "exports",
  "publishConfig",
  "scripts",
  "engines",
];

/** Fields that every package has and that are its own. */
const own = ["name", "version", "description", "keywords", "homepage", "repository"];

/** Fields that a package may have. */
const optional = ["bin", "dependencies", "devDependencies", "peerDependencies", "peerDependenciesMeta"];

/**
 * @param {WorkspacePackage} one
 * @param {WorkspacePackage} model its fields in `same` are the standard
 * @returns {string[]}
 */
export function manifestProblems({ path, manifest }, model) {
  const problems = [];
  const allowed = new Set([...same, ...own, ...optional]);
  for (const field of own)
    if (manifest[field] === undefined) problems.push(`${path}/package.json lacks "${field}"`);
  for (const field of Object.keys(manifest)) {
    if (!allowed.has(field)) problems.push(`${path}/package.json has the unusual field "${field}"`);
  }
  for (const field of same) {
    if (!isDeepStrictEqual(manifest[field], model.manifest[field])) {
      problems.push(`${path}/package.json differs from ${model.path}/package.json in "${field}"`);
    }
  }
  if (manifest.repository?.directory !== path)
    problems.push(`${path}/package.json has the wrong repository.directory`);
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    if (!/^(workspace:\^|catalog:.*)$/.test(range)) {
      problems.push(`${path}/package.json must take ${name} from the workspace or the catalog`);
    }
  }
  return problems;
}

/**
 * @param {Repository} repository
 * @returns {string[]}
 */
export function packageShapeProblems(repository) {
  const packages = publicPackages(repository.root);
  const model = packages.find(({ path }) => path === "packages/core");
  if (model === undefined) return ["packages/core is missing"];
  return packages.flatMap((one) => {
    const below = repository.files.filter((file) => file.startsWith(`${one.path}/`));
    const entries = new Set(below.map((file) => file.slice(one.path.length + 1).split("/")[0] ?? ""));
    const missing = files
      .filter((file) => !entries.has(file))
      .map((file) => `${one.path}/${file} is missing`);
    const extra = [...entries]
      .filter((entry) => !files.includes(entry) && entry !== "CHANGELOG.md")
      .map((entry) => `${one.path}/${entry} has no place there`);
    return missing.concat(extra, manifestProblems(one, model));
  });
}
