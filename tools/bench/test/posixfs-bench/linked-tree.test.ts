import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { Workspace } from "../../src/measure/workspace.ts";
import { makeLinkedTree } from "../../src/posixfs-bench/linked-tree.ts";
import { openPosixfsStore } from "../../src/subjects/ours.ts";

test("the Store lists all items of the tree, each once, with their sizes", async () => {
  using workspace = new Workspace(tmpdir());
  const directory = workspace.makeDirectory();
  await using store = await openPosixfsStore(directory);
  makeLinkedTree(`${directory}/data`, 300);
  const names = new Set<string>();
  for await (const { name, size } of store.list("data")) {
    names.add(name);
    expect(size).toBe(4);
  }
  expect(names.size).toBe(300);
});
