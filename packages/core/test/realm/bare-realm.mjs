// Runs a program in a realm that has the language and the web's globals and nothing of Node:
//
//   node --experimental-vm-modules bare-realm.mjs '{"entry": FILE, "packages": {NAME: FILE}, "provided": {FILE_PREFIX: [SPECIFIER]}}'
//
// `entry` is a module that exports `run()`; its result is printed as JSON. `packages` maps bare specifiers to files.
// `provided` lists host modules (such as "node:assert/strict") that the files below one directory, and no others, may
// import: for test code that comes along, never for what is tested. Everything else is refused.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { createContext, SourceTextModule, SyntheticModule } from "node:vm";

const { entry, packages = {}, provided = {} } = JSON.parse(process.argv[2] ?? "{}");

const webGlobals = [
  "AbortController",
  "AbortSignal",
  "DOMException",
  "Event",
  "EventTarget",
  "TextDecoder",
  "TextEncoder",
  "URL",
  "URLSearchParams",
  "atob",
  "btoa",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "performance",
  "queueMicrotask",
  "setInterval",
  "setTimeout",
  "structuredClone",
];
const context = createContext(Object.fromEntries(webGlobals.map((name) => [name, globalThis[name]])));
/** @type {Map<string, Promise<import("node:vm").Module>>} */
const modules = new Map();

/** One module object for each key, also when it is asked for again while it is being read. */
function once(key, make) {
  const known = modules.get(key);
  if (known !== undefined) return known;
  const made = make();
  modules.set(key, made);
  return made;
}

function fromFile(file) {
  return once(file, async () => {
    const source = await readFile(file, "utf8");
    return new SourceTextModule(source, {
      context,
      identifier: file,
      importModuleDynamically: async (specifier, module) => await ready(await resolve(specifier, module)),
    });
  });
}

function fromHost(specifier) {
  return once(specifier, async () => {
    const host = await import(specifier);
    const names = Object.keys(host);
    const evaluate = function () {
      for (const name of names) this.setExport(name, host[name]);
    };
    return new SyntheticModule(names, evaluate, { context, identifier: specifier });
  });
}

function resolve(specifier, { identifier }) {
  if (specifier.startsWith(".")) return fromFile(path.resolve(path.dirname(identifier), specifier));
  if (Object.hasOwn(packages, specifier)) return fromFile(packages[specifier]);
  const isProvided = Object.entries(provided).some(
    ([directory, specifiers]) => identifier.startsWith(directory) && specifiers.includes(specifier),
  );
  if (isProvided) return fromHost(specifier);
  throw new Error(`${identifier} imports ${specifier}, which does not exist in this realm`);
}

async function ready(module) {
  if (module.status === "unlinked") await module.link(resolve);
  if (module.status === "linked") await module.evaluate();
  return module;
}

const { namespace } = await ready(await fromFile(entry));
console.log(JSON.stringify(await namespace.run()));
