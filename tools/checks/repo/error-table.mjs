import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** @typedef {import("../check-repo.mjs").Repository} Repository */
/** @typedef {{ meaning: string, retryable: boolean, httpStatus: number, exitCode: number }} ErrorCodeInfo */

const page = "docs/errors.md";
const table = /(<!-- codes:begin -->\n)[\s\S]*?(<!-- codes:end -->)/;

/**
 * The table of codes as it stands in docs/errors.md.
 *
 * @param {Readonly<Record<string, ErrorCodeInfo>>} codes
 * @returns {string}
 */
export function renderErrorTable(codes) {
  const rows = Object.entries(codes).map(([code, { meaning, retryable, httpStatus, exitCode }]) => [
    `\`${code}\``,
    meaning,
    retryable ? "yes" : "no",
    String(httpStatus),
    String(exitCode),
  ]);
  const head = ["code", "meaning", "retry", "HTTP", "exit"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [head, widths.map((width) => "-".repeat(width)), ...rows].map(line).join("\n");
}

/**
 * The table in docs/errors.md must be the one that the code has.
 *
 * @param {Repository} repository
 * @returns {Promise<string[]>}
 */
export async function errorTableProblems({ root, files, read, update }) {
  if (!files.includes(page)) return [`${page} is missing`];
  const entry = pathToFileURL(path.join(root, "packages/core/dist/index.js")).href;
  const { errorCodes } = /** @type {{ errorCodes: Record<string, ErrorCodeInfo> }} */ (await import(entry));
  const before = read(page);
  if (!table.test(before)) return [`${page} has lost its marks <!-- codes:begin --> and <!-- codes:end -->`];
  const after = before.replace(table, `$1\n${renderErrorTable(errorCodes)}\n\n$2`);
  if (after === before) return [];
  if (!update)
    return [`${page} does not show the table of core; run "node tools/checks/check-repo.mjs --update"`];
  writeFileSync(path.join(root, page), after);
  return [];
}
