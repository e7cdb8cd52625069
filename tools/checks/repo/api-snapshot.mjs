import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { publicPackages } from "../../lib/workspace.mjs";
import { exportedDeclarations } from "./declarations.mjs";

/** @typedef {import("../check-repo.mjs").Repository} Repository */

/**
 * What a package exports must be what tools/api shows, so that every change of it is seen in review.
 *
 * @param {Repository} repository
 * @returns {string[]}
 */
export function apiSnapshotProblems({ root, files, read, update }) {
  return publicPackages(root).flatMap(({ name, directory }) => {
    const snapshot = `tools/api/${path.basename(directory)}.d.ts`;
    const declarations = exportedDeclarations(path.join(directory, "dist/index.d.ts"));
    const text = `// What ${name} exports. Generated: node tools/checks/check-repo.mjs --update\n${[
      ...declarations.values(),
    ]
      .map((declaration) => `\n${declaration}\n`)
      .join("")}`;
    if (files.includes(snapshot) && read(snapshot) === text) return [];
    if (!update)
      return [
        `${snapshot} does not show what ${name} exports; run "node tools/checks/check-repo.mjs --update"`,
      ];
    mkdirSync(path.join(root, "tools/api"), { recursive: true });
    writeFileSync(path.join(root, snapshot), text);
    return [];
  });
}
