import { expect, test } from "vitest";
import { documentedFiles } from "./documented-files.mjs";

test("a file is put together from all blocks that name it", () => {
  const page = [
    "```ts file=a.ts",
    "one();",
    "```",
    "```ts",
    "other();",
    "```",
    "```ts file=a.ts",
    "two();",
    "```",
    "",
  ].join("\n");
  expect([...documentedFiles(page)]).toEqual([["a.ts", "one();\ntwo();\n"]]);
});
