import { describe, expect, test } from "vitest";
import { contentProblems } from "./package-contents.mjs";

const good = ["LICENSE", "README.md", "dist/index.d.ts", "dist/index.js", "package.json", "src/index.ts"];

/** @param {readonly string[]} names */
function entries(names) {
  return names.map((name) => ({ name, content: Buffer.from("{}") }));
}

/** @param {string} source */
function map(source) {
  return { name: "dist/index.js.map", content: Buffer.from(JSON.stringify({ sources: [source] })) };
}

describe("contents of a tarball", () => {
  test("a package with everything has no problem", () => {
    expect(contentProblems(entries(good))).toEqual([]);
  });

  test("a missing licence is reported", () => {
    expect(contentProblems(entries(good.slice(1)))).toEqual(["LICENSE is missing in the tarball"]);
  });

  test.each(["test/a.test.ts", "dist/.tsbuildinfo", "dist/a.test.js", "tsconfig.json"])(
    "%s is refused",
    (name) => {
      expect(contentProblems(entries([...good, name]))).toHaveLength(1);
    },
  );

  test("a source map must lead to a file of the tarball", () => {
    expect(contentProblems([...entries(good), map("../src/index.ts")])).toEqual([]);
    expect(contentProblems([...entries(good), map("../src/other.ts")])).toEqual([
      "dist/index.js.map points to src/other.ts, which is not in the tarball",
    ]);
  });

  test("a program that the entry does not import was left by an earlier build", () => {
    const index = {
      name: "dist/index.js",
      content: Buffer.from('import "./a.js"; await import("./deep/b.js");'),
    };
    const others = entries(["dist/a.js", "dist/deep/b.js", "dist/deep/c.js"]);
    const all = [...entries(good.filter((name) => name !== "dist/index.js")), index, ...others];
    expect(contentProblems(all)).toEqual([
      "dist/deep/c.js is not imported by dist/index.js: an earlier build has left it",
    ]);
  });

  test("a range that only this workspace understands is refused", () => {
    const content = Buffer.from('{"dependencies":{"@borgstore/core":"workspace:^"}}');
    const all = [
      ...entries(good.filter((name) => name !== "package.json")),
      { name: "package.json", content },
    ];
    expect(contentProblems(all)).toEqual(["package.json still holds a workspace: or catalog: range"]);
  });
});
