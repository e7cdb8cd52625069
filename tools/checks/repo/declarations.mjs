import { readFileSync } from "node:fs";
import path from "node:path";

/**
 * @typedef {{ source: string, name: string }} Origin name in another module
 * @typedef {{ declared: Map<string, string[]>, origins: Map<string, Origin>, exported: Map<string, string>, stars: string[] }} Module
 */

/**
 * Removes comments from declarations; strings stay as they are.
 *
 * @param {string} text
 */
export function withoutComments(text) {
  const token = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replaceAll(token, (_, /** @type {string | undefined} */ string) => string ?? "");
}

/**
 * Cuts declarations into top-level statements.
 *
 * @param {string} text without comments
 * @returns {string[]}
 */
export function splitStatements(text) {
  const statements = [];
  let start = 0;
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[{}()[\];]/g,
  )) {
    if ("{([".includes(token)) depth += 1;
    else if ("})]".includes(token)) depth -= 1;
    const so = text.slice(start, index + 1).trim();
    const isBlock = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|class) /.test(so);
    if (depth === 0 && (token === ";" || (token === "}" && isBlock))) {
      statements.push(so);
      start = index + 1;
    }
  }
  return statements;
}

/**
 * @param {string} file a declaration file
 * @returns {Module}
 */
function readModule(file) {
  /** @type {Module} */
  const module = { declared: new Map(), origins: new Map(), exported: new Map(), stars: [] };
  for (const statement of splitStatements(withoutComments(readFileSync(file, "utf8")))) {
    const clause = /^(import|export) (?:type )?\{([\s\S]*)\}(?: from "([^"]+)")?;$/.exec(statement);
    const star = /^export (?:type )?\* from "([^"]+)";$/.exec(statement);
    const declaration =
      /^(export )?(?:declare )?(?:abstract )?(?:interface|class|function|const|let|type) ([\w$]+)/.exec(
        statement,
      );
    if (clause !== null) {
      const [, verb, names = "", source] = clause;
      for (const item of names.split(",").map((name) => name.trim().replace(/^type /, ""))) {
        if (item === "") continue;
        const [name = "", alias = name] = item.split(" as ");
        if (source !== undefined)
          module.origins.set(verb === "import" ? alias : `export ${alias}`, { source, name });
        if (verb === "export") module.exported.set(alias, source === undefined ? name : `export ${alias}`);
      }
    } else if (star?.[1] !== undefined) module.stars.push(star[1]);
    else if (declaration !== null) {
      const [, isExported, name = ""] = declaration;
      const text = statement
        .replaceAll(/[ \t]+$/gm, "")
        .replaceAll(/\n{2,}/g, "\n")
        .replaceAll(/\{\n+\}/g, "{}");
      module.declared.set(name, [...(module.declared.get(name) ?? []), text]);
      if (isExported !== undefined) module.exported.set(name, name);
    } else if (!/^import |^export \{\s*\};?$/.test(statement)) {
      throw new Error(`${file}: this statement is not understood: ${statement}`);
    }
  }
  return module;
}

/**
 * @param {string} from declaration file
 * @param {string} source specifier found there
 */
export function resolveModule(from, source) {
  return path.join(path.dirname(from), source.replace(/\.[tj]s$/, ".d.ts"));
}

/**
 * The declarations that a package's entry point exports, by name. What comes from another package is only named.
 *
 * @param {string} entry its declaration file
 * @returns {Map<string, string>}
 */
export function exportedDeclarations(entry) {
  /** @type {Map<string, Module>} */
  const modules = new Map();
  const moduleOf = (/** @type {string} */ file) => {
    const module = modules.get(file) ?? readModule(file);
    modules.set(file, module);
    return module;
  };
  /** @type {(file: string, local: string) => string} */
  const find = (file, local) => {
    const { declared, origins } = moduleOf(file);
    const texts = declared.get(local);
    if (texts !== undefined) return texts.join("\n");
    const origin = origins.get(local);
    if (origin === undefined) throw new Error(`${file}: "${local}" is exported but declared nowhere`);
    if (!origin.source.startsWith(".")) return `export { ${origin.name} } from "${origin.source}";`;
    const target = resolveModule(file, origin.source);
    return find(target, moduleOf(target).exported.get(origin.name) ?? origin.name);
  };
  /** @type {(file: string) => [string, string][]} */
  const collect = (file) => {
    const { exported, stars } = moduleOf(file);
    const own = [...exported].map(
      ([name, local]) => /** @type {[string, string]} */ ([name, find(file, local)]),
    );
    return [...stars.flatMap((source) => collect(resolveModule(file, source))), ...own];
  };
  return new Map(collect(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
