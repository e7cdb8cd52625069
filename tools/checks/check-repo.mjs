// Rules that no other tool checks. `--update` rewrites what is generated: tools/api/*.d.ts and the table in
// docs/errors.md. Needs built packages.
import { readFileSync } from "node:fs";
import path from "node:path";
import { run } from "../lib/run.mjs";
import { root } from "../lib/workspace.mjs";
import { apiSnapshotProblems } from "./repo/api-snapshot.mjs";
import { changesetProblems } from "./repo/changesets.mjs";
import { errorTableProblems } from "./repo/error-table.mjs";
import { fileSizeProblems } from "./repo/file-sizes.mjs";
import { forbiddenTextProblems } from "./repo/forbidden-text.mjs";
import { linkProblems } from "./repo/links.mjs";
import { packageShapeProblems } from "./repo/package-shape.mjs";
import { publicTypeProblems } from "./repo/public-types.mjs";
import { readmeProblems } from "./repo/readmes.mjs";

/**
 * What every rule gets. `files` are the paths of all files that git tracks or would track, with slashes.
 *
 * @typedef {{ root: string, files: readonly string[], read: (file: string) => string, update: boolean }} Repository
 */

const listed = run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]);
const deleted = new Set(run("git", ["ls-files", "-z", "--deleted"]).split("\0"));
/** @type {Repository} */
const repository = {
  root,
  files: listed.split("\0").filter((file) => file !== "" && !deleted.has(file)),
  read: (file) => readFileSync(path.join(root, file), "utf8"),
  update: process.argv.includes("--update"),
};

/** @type {Record<string, (repository: Repository) => string[] | Promise<string[]>>} */
const rules = {
  "file sizes": fileSizeProblems,
  "package shape": packageShapeProblems,
  readmes: readmeProblems,
  links: linkProblems,
  changesets: changesetProblems,
  "forbidden text": forbiddenTextProblems,
  "error table": errorTableProblems,
  "api snapshot": apiSnapshotProblems,
  "public types": publicTypeProblems,
};

let count = 0;
for (const [rule, check] of Object.entries(rules)) {
  for (const problem of await check(repository)) {
    console.error(`${rule}: ${problem}`);
    count += 1;
  }
}
if (count > 0) {
  console.error(`${count} problems`);
  process.exitCode = 1;
} else {
  console.log(`repository: ${repository.files.length} files keep all ${Object.keys(rules).length} rules`);
}
