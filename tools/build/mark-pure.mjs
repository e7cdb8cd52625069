import { RolldownMagicString } from "rolldown";
import { parseAst } from "rolldown/parseAst";

/** @typedef {{ type: string, start: number } & Record<string, unknown>} Node */

/**
 * Where the calls begin that a module makes for its constants when it is loaded.
 *
 * @param {unknown} node
 * @param {Set<number>} found
 */
function collectCalls(node, found) {
  if (Array.isArray(node)) for (const one of node) collectCalls(one, found);
  if (typeof node !== "object" || node === null || !("type" in node)) return;
  const { type, start, ...parts } = /** @type {Node} */ (node);
  if (/Function|Class/.test(type)) return;
  if (type === "CallExpression" || type === "NewExpression") found.add(start);
  for (const part of Object.values(parts)) collectCalls(part, found);
}

/**
 * Marks the calls that make a module's constants as free of effects, as our manifests say (`sideEffects: false`). Where
 * each module is a file, bundlers leave out those that nobody uses; in one file they can only do so with the mark.
 *
 * @param {string} code TypeScript
 */
export function markPure(code) {
  /** @type {Set<number>} */
  const calls = new Set();
  for (const statement of parseAst(code, { lang: "ts" }).body) {
    const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (declaration?.type === "VariableDeclaration") collectCalls(declaration, calls);
  }
  if (calls.size === 0) return null;
  const text = new RolldownMagicString(code);
  for (const start of calls) text.appendLeft(start, "/* @__PURE__ */ ");
  return { code: text.toString(), map: text.generateMap({ hires: true }).toString() };
}
