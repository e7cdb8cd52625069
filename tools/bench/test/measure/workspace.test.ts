import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Workspace } from "../../src/measure/workspace.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "workspace-test-"));
});
afterEach(() => rmSync(parent, { recursive: true }));

test("every directory is new, empty and below the parent", () => {
  using workspace = new Workspace(parent);
  const directories = [workspace.makeDirectory(), workspace.makeDirectory()];
  expect(new Set(directories).size).toBe(2);
  for (const directory of directories) {
    expect(directory.startsWith(`${parent}/`)).toBe(true);
    expect(readdirSync(directory)).toEqual([]);
  }
});

test("nothing is left at the end, discarded or not", () => {
  {
    using workspace = new Workspace(parent);
    writeFileSync(join(workspace.makeDirectory(), "file"), "x");
    workspace.discard(workspace.makeDirectory());
    expect(readdirSync(parent)).toHaveLength(1);
  }
  expect(readdirSync(parent)).toEqual([]);
});

test("a discarded directory on a disk stays until the end, so that the disk is not measured after deleting", () => {
  using workspace = new Workspace(parent);
  const directory = workspace.makeDirectory();
  workspace.discard(directory);
  expect(existsSync(directory)).toBe(workspace.fileSystem !== "tmpfs");
});

test("nothing is left when the process ends early", () => {
  const workspace = new Workspace(parent);
  workspace.makeDirectory();
  const [removeOnExit] = process.listeners("exit").slice(-1);
  removeOnExit?.(0);
  expect(readdirSync(parent)).toEqual([]);
  workspace[Symbol.dispose]();
  expect(process.listeners("exit")).not.toContain(removeOnExit);
});
