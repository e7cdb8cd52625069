import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * The built entry file of a package of ours, for child processes, which run no sources; `undefined` when it is not
 * built.
 */
export function builtEntry(packageName: string): string | undefined {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const entry = fileURLToPath(new URL("dist/index.js", pathToFileURL(manifest)));
  return existsSync(entry) ? entry : undefined;
}
