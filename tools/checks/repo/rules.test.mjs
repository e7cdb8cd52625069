import { describe, expect, test } from "vitest";
import { packagesOf } from "./changesets.mjs";
import { splitStatements } from "./declarations.mjs";
import { renderErrorTable } from "./error-table.mjs";
import { fileSizeProblems } from "./file-sizes.mjs";
import { forbiddenTextProblems } from "./forbidden-text.mjs";
import { headingAnchors, linkProblems } from "./links.mjs";
import { manifestProblems } from "./package-shape.mjs";
import { importedModules } from "./public-types.mjs";
import { sectionProblems } from "./readmes.mjs";

/** @param {Record<string, string>} texts by file name */
function repository(texts) {
  const read = (/** @type {string} */ file) => texts[file] ?? "";
  return { root: "/srv/checkout", files: Object.keys(texts), read };
}

/** @param {readonly string[]} titles */
function sections(titles) {
  return titles.map((title) => `\n## ${title}\n`).join("");
}

describe("file sizes", () => {
  const long = "line\n".repeat(401);

  test("a source file of more than 400 lines is refused, a test of that length is not", () => {
    const texts = { "packages/core/src/a.ts": long, "packages/core/test/a.test.ts": long };
    expect(fileSizeProblems(repository(texts))).toEqual([
      "packages/core/src/a.ts has 401 lines, at most 400 are allowed",
    ]);
  });
});

describe("forbidden text", () => {
  // Put together here, so that this file keeps the rule itself.
  test.each([
    ["/ro", "ot/somebody/file"],
    ["https://regis", "try.example.org"],
    ["/ho", "me/somebody/file"],
  ])("%s%s is found", (start, end) => {
    expect(forbiddenTextProblems(repository({ "a.md": `first\nsee ${start}${end}` }))).toEqual([
      expect.stringMatching(/^a\.md:2 names /),
    ]);
  });

  test("ordinary paths and addresses are left alone", () => {
    const text = "file:///srv/root/store https://example.org/npm packages/home/x";
    expect(forbiddenTextProblems(repository({ "a.md": text }))).toEqual([]);
  });

  test("the path of the checkout is found, a longer name is not", () => {
    const texts = {
      ...repository({ "a.md": "in /srv/check.out/a\nin /srv/check.out2" }),
      root: "/srv/check.out",
    };
    expect(forbiddenTextProblems(texts)).toEqual([expect.stringMatching(/^a\.md:1 names the path of this/)]);
  });
});

describe("links", () => {
  test("anchors are made as the hosting site does", () => {
    expect([...headingAnchors("# A `b` & *c*\n## Same\n## Same\n```\n# not this\n```\n")]).toEqual([
      "a-b--c",
      "same",
      "same-1",
    ]);
  });

  test("links to files, directories and headings that exist are good", () => {
    const page =
      "[a](b.md#two-words) [c](../docs/) [d](#here) [e](https://example.org) `[f](nothing)`\n\n# Here\n";
    expect(linkProblems(repository({ "docs/a.md": page, "docs/b.md": "# Two words\n" }))).toEqual([]);
  });

  test("a missing file and a missing heading are reported", () => {
    const page = "[a](c.md) [b](b.md#three)\n\n[r]: d.md\n";
    expect(linkProblems(repository({ "docs/a.md": page, "docs/b.md": "# Two\n" }))).toEqual([
      "docs/a.md links to c.md, which does not exist",
      "docs/a.md links to b.md#three, which has no such heading",
      "docs/a.md links to d.md, which does not exist",
    ]);
  });
});

describe("readmes", () => {
  test("a library needs fewer sections than a backend", () => {
    const text = `# @borgstore/core\n${sections(["Install", "Use", "Compatibility", "Licence"])}`;
    expect(sectionProblems("@borgstore/core", text)).toEqual([]);
    expect(sectionProblems("@borgstore/backend-x", text.replace("core", "backend-x"))).toEqual([
      'lacks the section "Options"',
      'lacks the section "Capabilities"',
      'lacks the section "Behaviour worth knowing"',
      'lacks the section "Errors"',
    ]);
  });

  test("sections in another order are refused", () => {
    const text = `# @borgstore/core\n${sections(["Use", "Install", "Compatibility", "Licence"])}`;
    expect(sectionProblems("@borgstore/core", text)).toHaveLength(1);
  });
});

describe("package shape", () => {
  const manifest = {
    name: "@borgstore/a",
    version: "1.0.0",
    description: "A.",
    keywords: [],
    homepage: "h",
    license: "BSD-3-Clause",
    repository: { directory: "packages/a" },
  };
  const one = { name: manifest.name, path: "packages/a", directory: "", manifest };

  test("a package like the model is good", () => {
    expect(manifestProblems(one, one)).toEqual([]);
  });

  test("another licence, an unusual field and a version outside of the catalog are reported", () => {
    const odd = { ...manifest, license: "MIT", main: "x.js", dependencies: { execa: "^9.0.0" } };
    expect(manifestProblems({ ...one, manifest: odd }, one)).toEqual([
      'packages/a/package.json has the unusual field "main"',
      'packages/a/package.json differs from packages/a/package.json in "license"',
      "packages/a/package.json must take execa from the workspace or the catalog",
    ]);
  });
});

describe("changesets", () => {
  test("the packages of a changeset are those of its head", () => {
    const text = "---\n\"@borgstore/core\": minor\n'@borgstore/backend-sftp': patch\n---\n\nText: minor\n";
    expect(packagesOf(text)).toEqual(["@borgstore/core", "@borgstore/backend-sftp"]);
    expect(packagesOf("no head")).toEqual([]);
  });
});

describe("error table", () => {
  test("one row per code, in columns of one width", () => {
    const codes = { NOT_FOUND: { meaning: "nothing there", retryable: false, httpStatus: 404, exitCode: 3 } };
    expect(renderErrorTable(codes)).toBe(
      [
        "| code        | meaning       | retry | HTTP | exit |",
        "| ----------- | ------------- | ----- | ---- | ---- |",
        "| `NOT_FOUND` | nothing there | no    | 404  | 3    |",
      ].join("\n"),
    );
  });
});

describe("declarations", () => {
  test("statements end at semicolons and at the end of blocks, not inside of them", () => {
    const text = `export type A = { a: "};"; b: 1 };
export interface B { c(): { d: 1; }; }
export declare class C { #private; e: string; }
export { type F } from "./f.ts";`;
    expect(splitStatements(text).map((statement) => statement.slice(0, 20))).toEqual([
      "export type A = { a:",
      "export interface B {",
      "export declare class",
      "export { type F } fr",
    ]);
  });
});

describe("public types", () => {
  test("what the entry point leads to is looked at, other declarations are not", () => {
    /** @type {Record<string, string>} */
    const texts = {
      "/dist/index.d.ts": `// import "comment";\nexport { type A } from "./a.ts";\nimport "side-effect";`,
      "/dist/a.d.ts": `import type { B } from "named";\nexport type A = B | import("inline").C;`,
      "/dist/internal.d.ts": `import type { D } from "internal";`,
    };
    const modules = importedModules("/dist/index.d.ts", (file) => texts[file] ?? "");
    expect([...modules]).toEqual([
      ["side-effect", "/dist/index.d.ts"],
      ["named", "/dist/a.d.ts"],
      ["inline", "/dist/a.d.ts"],
    ]);
  });
});
