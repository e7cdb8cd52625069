import { expect, test } from "vitest";
import { notesOf } from "./notes.mjs";

const changelog = "# a\n\n## 0.2.0\n\n### Minor Changes\n\n- New.\n\n## 0.1.0\n\n- Old.\n";

test("the notes of a version end where the next one begins", () => {
  expect(notesOf(changelog, "0.2.0")).toBe("## 0.2.0\n\n### Minor Changes\n\n- New.");
  expect(notesOf(changelog, "0.1.0")).toBe("## 0.1.0\n\n- Old.");
});

test("a version without an entry has no notes", () => {
  expect(notesOf(changelog, "0.3.0")).toBe("");
});
