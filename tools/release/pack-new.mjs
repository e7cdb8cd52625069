// Used by the release workflow: packs the built packages whose version has no tag on GitHub yet into a directory, with their
// notes and a list for the job that publishes. Prints, and hands to later steps, how many there are.
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pack } from "../lib/pack.mjs";
import { run } from "../lib/run.mjs";
import { publicPackages } from "../lib/workspace.mjs";
import { notesOf } from "./notes.mjs";

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error("Into which directory?");
mkdirSync(target, { recursive: true });
const tags = run("git", ["ls-remote", "--tags", "origin"]);
const lines = [];
for (const { name, directory, manifest } of publicPackages()) {
  const { version = "0.0.0" } = manifest;
  if (version === "0.0.0" || tags.includes(`refs/tags/${name}@${version}\n`)) continue;
  const tarball = pack(directory, path.resolve(target));
  const notes = notesOf(readFileSync(path.join(directory, "CHANGELOG.md"), "utf8"), version);
  writeFileSync(`${tarball}.md`, `${notes}\n`);
  lines.push(`${name}\t${version}\t${path.basename(tarball)}\n`);
}
writeFileSync(path.join(target, "releases.tsv"), lines.join(""));
console.log(`${lines.length} packages to publish`);
const output = process.env["GITHUB_OUTPUT"];
if (output !== undefined) appendFileSync(output, `count=${lines.length}\n`);
