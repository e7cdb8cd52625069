// Builds a private package and what it needs, then becomes it: `node tools/run-built.mjs demo ARGUMENTS`.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { quietTurbo } from "./lib/run.mjs";
import { root } from "./lib/workspace.mjs";

const [tool, ...rest] = process.argv.slice(2);
if (tool === undefined) throw new Error("Which tool? Name a folder of tools/.");
quietTurbo(["build", `--filter=./tools/${tool}`]);
// Same process, so that signals, terminal and exit code need no forwarding.
const main = path.join(root, "tools", tool, "dist/main.js");
process.argv.splice(1, process.argv.length, main, ...rest);
await import(pathToFileURL(main).href);
