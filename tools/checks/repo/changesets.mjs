import { run } from "../../lib/run.mjs";
import { publicPackages } from "../../lib/workspace.mjs";

/** @typedef {import("../check-repo.mjs").Repository} Repository */

/**
 * Names of the packages that a changeset is about.
 *
 * @param {string} changeset text of the file
 * @returns {string[]}
 */
export function packagesOf(changeset) {
  const head = /^---\n([\s\S]*?)\n---\n/.exec(changeset)?.[1] ?? "";
  return [...head.matchAll(/^["']?([^"':]+)["']?: (?:major|minor|patch)$/gm)].map(([, name = ""]) => name);
}

/**
 * A package whose sources changed since its last release needs a changeset, and so does one that was never
 * released. A version without a tag is a release being made: it has none left.
 *
 * @param {Repository} repository
 * @returns {string[]}
 */
export function changesetProblems({ root, files, read }) {
  const pending = files.filter((file) => /^\.changeset\/(?!README)[^/]+\.md$/.test(file));
  const announced = new Set(pending.flatMap((file) => packagesOf(read(file))));
  const packages = publicPackages(root);
  const known = new Set(packages.map(({ name }) => name));
  const unknown = [...announced].filter((name) => !known.has(name));
  const problems = unknown.map((name) => `a changeset is about ${name}, which is not a package of ours`);
  const tags = new Set(run("git", ["tag", "--list", "@borgstore/*"], { cwd: root }).split("\n"));
  for (const { name, path, manifest } of packages) {
    if (announced.has(name)) continue;
    const tag = `${name}@${manifest.version}`;
    if (manifest.version === "0.0.0") problems.push(`${name} was never released and has no changeset`);
    else if (
      tags.has(tag) &&
      run("git", ["diff", "--name-only", tag, "--", `${path}/src`], { cwd: root }) !== ""
    ) {
      problems.push(`${path}/src has changed since ${tag}, but no changeset is about ${name}`);
    }
  }
  return problems;
}
