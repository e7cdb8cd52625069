import { readFileSync } from "node:fs";
import path from "node:path";
import { publicPackages } from "../../lib/workspace.mjs";
import { resolveModule, withoutComments } from "./declarations.mjs";

/** @typedef {import("../check-repo.mjs").Repository} Repository */

/**
 * The modules outside of the package that are imported by the declarations a user's compiler reads: the entry point's,
 * and all that it leads to, whether exported or not.
 *
 * @param {string} entry a declaration file
 * @param {(file: string) => string} read
 * @returns {Map<string, string>} specifier → the first file that imports it
 */
export function importedModules(entry, read) {
  const found = new Map();
  const reached = new Set([entry]);
  // The set grows while it is walked.
  for (const file of reached) {
    const text = withoutComments(read(file));
    for (const match of text.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
      const source = /** @type {string} */ (match[1]);
      if (source.startsWith(".")) reached.add(resolveModule(file, source));
      else if (!found.has(source)) found.set(source, file);
    }
  }
  return found;
}

/**
 * What the public declarations of a package import must be there, with types, wherever the package is installed: a
 * dependency whose types are a development dependency is not.
 *
 * @param {Repository} repository
 * @returns {string[]}
 */
export function publicTypeProblems({ root }) {
  return publicPackages(root).flatMap(({ name, directory, manifest }) => {
    const { dependencies = {}, devDependencies = {} } = manifest;
    const modules = importedModules(path.join(directory, "dist/index.d.ts"), (file) =>
      readFileSync(file, "utf8"),
    );
    return [...modules].flatMap(([specifier, file]) => {
      const [scope = "", rest] = specifier.split("/");
      const module = scope.startsWith("@") ? `${scope}/${rest}` : scope;
      const where = `${name}: ${path.relative(directory, file)} imports "${specifier}"`;
      if (specifier.startsWith("node:")) return [];
      if (!(module in dependencies)) return [`${where}, which is no dependency`];
      const types = `@types/${module.replace(/^@(.*)\//, "$1__")}`;
      return types in devDependencies ? [`${where}, whose types users do not have (${types})`] : [];
    });
  });
}
