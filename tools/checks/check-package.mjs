// Run in the directory of a built package: packs it and looks at the tarball the way its users will.
import { readFileSync } from "node:fs";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { pack, withTempDirectory } from "../lib/pack.mjs";
import { readTarball } from "../lib/tarball.mjs";
import { readManifest } from "../lib/workspace.mjs";
import { contentProblems } from "./package-contents.mjs";

/** Ways of importing that an ESM-only package does not serve. */
const otherResolutions = new Set(["node10", "node16-cjs"]);

const directory = process.cwd();
const manifest = readManifest(`${directory}/package.json`);
const problems = await withTempDirectory("check", async (temporary) => {
  const tarball = pack(directory, temporary);
  const found = contentProblems(readTarball(tarball));

  const bytes = readFileSync(tarball);
  const data = new Uint8Array(bytes).buffer;
  const linted = await publint({ pack: { tarball: data }, strict: true });
  const packed = /** @type {Record<string, unknown>} */ (linted.pkg ?? manifest);
  found.push(
    ...linted.messages.map((message) => `publint: ${formatMessage(message, packed) ?? message.code}`),
  );

  const types = await checkPackage(createPackageFromTarballData(new Uint8Array(data)));
  if (types.types === false) found.push("attw: the package has no types");
  else {
    for (const problem of types.problems) {
      if ("resolutionKind" in problem && otherResolutions.has(problem.resolutionKind)) continue;
      found.push(`attw: ${JSON.stringify(problem)}`);
    }
  }
  return found;
});

for (const problem of problems) console.error(`${manifest.name}: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${manifest.name}: tarball is good`);
