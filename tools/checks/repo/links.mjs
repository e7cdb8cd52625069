import path from "node:path";

/** @typedef {import("../check-repo.mjs").Repository} Repository */

/**
 * The text without fenced blocks and code spans, where brackets are not links. Lines stay where they are.
 *
 * @param {string} markdown
 */
function withoutCode(markdown) {
  return markdown
    .replaceAll(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2[^\n]*$/gm, (code) => code.replaceAll(/[^\n]/g, ""))
    .replaceAll(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, "code");
}

/**
 * The anchors that a hosting site makes for the headings of a page.
 *
 * @param {string} markdown
 * @returns {Set<string>}
 */
export function headingAnchors(markdown) {
  const anchors = new Set();
  const fenced = markdown.replaceAll(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1\2[^\n]*$/gm, "");
  for (const [, heading = ""] of fenced.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");
    const anchor = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n += 1) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

/**
 * Relative links must lead to files or directories that exist, fragments to headings. Nothing is fetched.
 *
 * @param {Pick<Repository, "files" | "read">} repository
 * @returns {string[]}
 */
export function linkProblems({ files, read }) {
  const known = new Set(files);
  for (const file of files) {
    for (let folder = path.posix.dirname(file); folder !== "."; folder = path.posix.dirname(folder))
      known.add(folder);
  }
  const pages = files.filter((file) => file.endsWith(".md") && !file.endsWith("CHANGELOG.md"));
  return pages.flatMap((page) => {
    const links = [
      ...withoutCode(read(page)).matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)|^\[[^\]]+\]: +(\S+)/gm),
    ];
    return links.flatMap(([, inline, reference]) => {
      const link = inline ?? reference ?? "";
      if (/^[a-z][a-z\d+.-]*:/i.test(link)) return [];
      const [before = "", fragment] = link.split("#");
      const target =
        before === "" ? page : path.posix.join(path.posix.dirname(page), decodeURIComponent(before));
      const clean = target.replace(/\/$/, "");
      if (clean !== "." && !known.has(clean)) return [`${page} links to ${link}, which does not exist`];
      if (fragment === undefined || !clean.endsWith(".md")) return [];
      return headingAnchors(read(clean)).has(fragment)
        ? []
        : [`${page} links to ${link}, which has no such heading`];
    });
  });
}
