/**
 * What a changelog says about one version, with its heading; empty when it says nothing.
 *
 * @param {string} changelog as changesets writes it
 * @param {string} version
 * @returns {string}
 */
export function notesOf(changelog, version) {
  const start = changelog.indexOf(`## ${version}\n`);
  if (start === -1) return "";
  const end = changelog.indexOf("\n## ", start + 1);
  return changelog.slice(start, end === -1 ? undefined : end).trim();
}
