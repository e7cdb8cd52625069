import path from "node:path";

/** @typedef {import("../lib/tarball.mjs").TarEntry} TarEntry */

const required = ["LICENSE", "README.md", "dist/index.d.ts", "dist/index.js", "package.json", "src/index.ts"];
const topLevel = new Set(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);

/**
 * The files below `dist` that an entry imports, at once or later.
 *
 * @param {ReadonlyMap<string, string>} texts by name
 * @param {string} entry
 * @returns {Set<string>} with the entry itself
 */
function reachedFrom(texts, entry) {
  const reached = new Set([entry]);
  for (const name of reached) {
    const imports = (texts.get(name) ?? "").matchAll(/\b(?:from|import)\s*\(?\s*["'](\.[^"'\n]+)["']/g);
    for (const [, specifier = ""] of imports)
      reached.add(path.posix.join(path.posix.dirname(name), specifier));
  }
  return reached;
}

/**
 * What is wrong with the files of a tarball: something missing, or something that its users have no use for.
 *
 * @param {readonly Pick<TarEntry, "name" | "content">[]} entries
 * @returns {string[]}
 */
export function contentProblems(entries) {
  const names = new Set(entries.map(({ name }) => name));
  const problems = required
    .filter((name) => !names.has(name))
    .map((name) => `${name} is missing in the tarball`);
  const programs = entries.filter(({ name }) => /^dist\/.*\.js$/.test(name));
  const texts = new Map(programs.map(({ name, content }) => [name, content.toString("utf8")]));
  const reached = reachedFrom(texts, "dist/index.js");
  for (const { name, content } of entries) {
    if (/(^|\/)test\/|\.test\.|\.tsbuildinfo$/.test(name))
      problems.push(`${name} has no place in the tarball`);
    else if (!topLevel.has(name) && !/^(dist|src)\//.test(name)) problems.push(`${name} is not expected`);
    else if (texts.has(name) && !reached.has(name))
      problems.push(`${name} is not imported by dist/index.js: an earlier build has left it`);
    // A map that leads nowhere makes "go to definition" fail for users.
    if (name.endsWith(".map")) {
      const { sources } = /** @type {{ sources: string[] }} */ (JSON.parse(content.toString("utf8")));
      for (const source of sources) {
        const target = new URL(source, `file:///${name}`).pathname.slice(1);
        if (!names.has(target)) problems.push(`${name} points to ${target}, which is not in the tarball`);
      }
    }
    if (name === "package.json" && /"(?:workspace|catalog):/.test(content.toString("utf8"))) {
      problems.push("package.json still holds a workspace: or catalog: range");
    }
  }
  return problems;
}
