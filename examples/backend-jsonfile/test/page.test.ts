import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const page = await readFile(new URL("../../../docs/writing-a-backend.md", import.meta.url), "utf8");

/** Text by file name, of blocks like "ts file=name.ts"; one file may be shown in several. */
function shownFiles(markdown: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const [, name = "", text = ""] of markdown.matchAll(/^```ts file=(\S+)\n([\s\S]*?)^```$/gm)) {
    files.set(name, (files.get(name) ?? "") + text);
  }
  return files;
}

/** Blank lines at the edges of a block go when the page is formatted. */
function withoutBlankLines(text: string): string {
  return text.replaceAll(/\n{2,}/g, "\n");
}

test.each(["json-file-backend.ts", "json-file-backend.test.ts", "json-file-provider.ts"])(
  "the page about writing a backend shows %s as it is",
  async (name) => {
    const file = await readFile(new URL(`../src/${name}`, import.meta.url), "utf8");
    expect(withoutBlankLines(shownFiles(page).get(name) ?? "")).toBe(withoutBlankLines(file));
  },
);

test("the backend that the page shows has fewer than 150 lines", () => {
  const lines = (shownFiles(page).get("json-file-backend.ts") ?? "").split("\n");
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.length).toBeLessThan(150);
});
