import { publicPackages } from "../../lib/workspace.mjs";

/** @typedef {import("../check-repo.mjs").Repository} Repository */

/** The sections of a package's README, in this order. */
const order = [
  "Install",
  "Use",
  "Options",
  "Capabilities",
  "Behaviour worth knowing",
  "Errors",
  "Compatibility",
  "Licence",
];
const always = ["Install", "Use", "Compatibility", "Licence"];

/**
 * What is wrong with the order of a README's sections. Backends need all of them, other packages those in `always`.
 *
 * @param {string} name of the package
 * @param {string} markdown
 * @returns {string[]}
 */
export function sectionProblems(name, markdown) {
  const problems = [];
  const code = /^```[\s\S]*?^```$/gm;
  const sections = [...markdown.replaceAll(code, "").matchAll(/^## +(.+)$/gm)].map(([, title = ""]) =>
    title.trim(),
  );
  if (!markdown.startsWith(`# ${name}\n`)) problems.push(`must begin with "# ${name}"`);
  const needed = /\/backend-(?!testkit)/.test(name) ? order : always;
  for (const section of needed)
    if (!sections.includes(section)) problems.push(`lacks the section "${section}"`);
  const places = sections.map((section) => order.indexOf(section)).filter((place) => place !== -1);
  if (places.some((place, index) => index > 0 && place <= (places[index - 1] ?? -1))) {
    problems.push(`must have its sections in the order ${order.join(", ")}`);
  }
  return problems;
}

/**
 * @param {Repository} repository
 * @returns {string[]}
 */
export function readmeProblems({ root, files, read }) {
  return publicPackages(root).flatMap(({ name, path }) => {
    const readme = `${path}/README.md`;
    if (!files.includes(readme)) return [`${readme} is missing`];
    return sectionProblems(name, read(readme)).map((problem) => `${readme} ${problem}`);
  });
}
