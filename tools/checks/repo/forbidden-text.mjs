/** @typedef {import("../check-repo.mjs").Repository} Repository */

const patterns = [
  {
    what: "a path of somebody's machine",
    pattern: /(?<![\w.~-])\/(?:work|farm|root|home\/\w+|Users\/\w+)\/[\w.-]+/,
  },
  {
    what: "the host of a package registry",
    pattern: /https?:\/\/[a-z\d.-]*(?:registry|npm|debian|pypi|pythonhosted|golang|crates|maven)[a-z\d.-]*/i,
  },
];

const binary = /\.(?:gz|tgz|png|ico)$/;

/**
 * Finds what must not be in the repository because it means something on one machine only.
 *
 * @param {Pick<Repository, "files" | "read">} repository
 * @returns {string[]}
 */
export function forbiddenTextProblems({ files, read }) {
  return files
    .filter((file) => !binary.test(file))
    .flatMap((file) =>
      read(file)
        .split("\n")
        .flatMap((line, index) =>
          patterns
            .filter(({ pattern }) => pattern.test(line))
            .map(({ what }) => `${file}:${index + 1} names ${what}: ${line.trim().slice(0, 100)}`),
        ),
    );
}
