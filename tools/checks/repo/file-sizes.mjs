/** @typedef {import("../check-repo.mjs").Repository} Repository */

/** Most lines that a file may have, first match counts. */
const caps = [
  { pattern: /\.test\.(ts|mjs)$/, lines: 600 },
  { pattern: /^(packages|tools)\/.*\.(ts|mjs|py)$/, lines: 400 },
  { pattern: /^packages\/[^/]+\/README\.md$/, lines: 200 },
];

/**
 * @param {Pick<Repository, "files" | "read">} repository
 * @returns {string[]}
 */
export function fileSizeProblems({ files, read }) {
  return files.flatMap((file) => {
    if (file.startsWith("tools/api/")) return [];
    const cap = caps.find(({ pattern }) => pattern.test(file));
    if (cap === undefined) return [];
    const lines = read(file).split("\n").length - 1;
    return lines > cap.lines ? [`${file} has ${lines} lines, at most ${cap.lines} are allowed`] : [];
  });
}
