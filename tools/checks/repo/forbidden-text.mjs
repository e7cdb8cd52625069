/** @typedef {import("../check-repo.mjs").Repository} Repository */

const patterns = [
  {
    what: "a path of somebody's machine",
    pattern: /(?<![\w.~-])\/(?:root|home\/\w+|Users\/\w+)\/[\w.-]+/,
  },
  {
    what: "the host of a package registry",
    pattern: /https?:\/\/[a-z\d.-]*(?:registry|npm|debian|pypi|pythonhosted|golang|crates|maven)[a-z\d.-]*/i,
  },
];

const binary = /\.(?:gz|tgz|png|ico)$/;

/**
 * Finds what must not be in the repository because it means something on one machine only: hosts of registries,
 * homes of users, and the path of this very checkout.
 *
 * @param {Pick<Repository, "root" | "files" | "read">} repository
 * @returns {string[]}
 */
export function forbiddenTextProblems({ root, files, read }) {
  const checkout = { what: "the path of this checkout", pattern: new RegExp(`${escape(root)}(?![\\w.-])`) };
  const forbidden = [...patterns, checkout];
  return files
    .filter((file) => !binary.test(file))
    .flatMap((file) =>
      read(file)
        .split("\n")
        .flatMap((line, index) =>
          forbidden
            .filter(({ pattern }) => pattern.test(line))
            .map(({ what }) => `${file}:${index + 1} names ${what}: ${line.trim().slice(0, 100)}`),
        ),
    );
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
