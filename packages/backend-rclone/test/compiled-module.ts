import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A module of this package as JavaScript, for programs that tests start as processes of their own. */
export interface CompiledModule {
  /** Writes a program that has the export and `given` (JSON, its first argument) in scope; returns its path. */
  program(name: string, body: string): string;
  remove(): void;
}

/**
 * Compiles without a type check, into a temporary directory: a build in `dist` may be old or missing.
 *
 * @param module below `src`, without its ending
 * @param exported what programs get of it
 */
export function compileModule(module: string, exported: string): CompiledModule {
  const packages = fileURLToPath(new URL("../../", import.meta.url));
  const directory = fs.mkdtempSync(join(tmpdir(), "rclone-compiled-"));
  const modules = join(directory, "node_modules", "@borgstore");
  const project = join(directory, "tsconfig.json");
  const compilerOptions = {
    rootDir: packages,
    outDir: modules,
    noCheck: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    types: [],
    // Found among the dependencies, core would count as an external library and not be compiled.
    paths: { "@borgstore/core": [join(packages, "core/src/index.ts")] },
  };
  const files = [join(packages, `backend-rclone/src/${module}.ts`)];
  fs.writeFileSync(
    project,
    JSON.stringify({ extends: join(packages, "../tsconfig.base.json"), compilerOptions, files }),
  );
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  execFileSync(process.execPath, [compiler, "-p", project]);
  fs.writeFileSync(
    join(modules, "core/package.json"),
    JSON.stringify({ name: "@borgstore/core", type: "module", exports: "./src/index.js" }),
  );
  fs.writeFileSync(join(modules, "backend-rclone/package.json"), JSON.stringify({ type: "module" }));
  const execa = fs.realpathSync(join(packages, "backend-rclone/node_modules/execa"));
  fs.symlinkSync(execa, join(directory, "node_modules/execa"), "junction");
  const entry = pathToFileURL(join(modules, `backend-rclone/src/${module}.js`)).href;
  return {
    program(name, body) {
      const path = join(directory, `${name}.mjs`);
      const head = `import { ${exported} } from ${JSON.stringify(entry)};\nconst given = JSON.parse(process.argv[2]);\n`;
      fs.writeFileSync(path, head + body);
      return path;
    },
    remove: () => fs.rmSync(directory, { recursive: true, force: true }),
  };
}
