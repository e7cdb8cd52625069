import { expect, test } from "vitest";
import { walkRemote, type RemoteEntry } from "../../src/sftp-bench/walk-remote.ts";

const tree: Readonly<Record<string, readonly RemoteEntry[]>> = {
  root: [
    { name: "a", isDirectory: true },
    { name: "b", isDirectory: true },
    { name: "file", isDirectory: false },
  ],
  "root/a": [{ name: "one", isDirectory: false }],
  "root/b": [{ name: "c", isDirectory: true }],
  "root/b/c": [
    { name: "two", isDirectory: false },
    { name: "three", isDirectory: false },
  ],
};

test("every directory is listed once, and files are counted at all levels", async () => {
  const listed: string[] = [];
  const count = await walkRemote("root", async (path) => {
    listed.push(path);
    return tree[path] ?? [];
  });
  expect(count).toBe(4);
  expect(listed.toSorted()).toEqual(Object.keys(tree).toSorted());
});
