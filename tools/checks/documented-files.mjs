/**
 * The files that a page shows: fenced blocks whose info string names one, as in `ts file=map-driver.ts`.
 *
 * @param {string} markdown
 * @returns {Map<string, string>} text by file name
 */
export function documentedFiles(markdown) {
  const files = new Map();
  for (const [, name = "", text = ""] of markdown.matchAll(
    /^```\w+ file=([\w.-]+)[^\n]*\n([\s\S]*?)^```$/gm,
  )) {
    // A file may be shown in several blocks, with words in between.
    files.set(name, (files.get(name) ?? "") + text);
  }
  return files;
}
