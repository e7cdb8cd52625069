import { appendFile, chmod, mkdir, rm, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { SnapshotCycle } from "./snapshot-cycle.ts";

let cycle: SnapshotCycle;

beforeEach(async () => {
  cycle = await SnapshotCycle.start();
  await mkdir(`${cycle.source}/directory`);
  await mkdir(`${cycle.source}/empty`);
  await writeFile(`${cycle.source}/directory/file`, "some content\n");
  await symlink("directory/file", `${cycle.source}/link`);
  await cycle.backUp();
  await cycle.restore();
});

describe("the comparison of a restored tree with its source", () => {
  it("finds nothing when all is the same", async () => {
    expect(await cycle.compare()).toMatchObject({
      equal: 4,
      equalFiles: 1,
      bytes: 13,
      differences: [],
      changed: [],
      vanished: [],
      appeared: [],
    });
  });

  const damages: readonly [string, (target: string) => Promise<unknown>, RegExp][] = [
    [
      "a byte differs",
      (target) => writeFile(`${target}/directory/file`, "some-content\n"),
      /differs between/,
    ],
    ["a file is longer", (target) => appendFile(`${target}/directory/file`, "x"), /differs between/],
    ["a file is shorter", (target) => writeFile(`${target}/directory/file`, "some"), /differs between/],
    ["a file is missing", (target) => unlink(`${target}/directory/file`), /not restored/],
    ["an empty directory is missing", (target) => rm(`${target}/empty`, { recursive: true }), /not restored/],
    ["permissions differ", (target) => chmod(`${target}/directory/file`, 0o600), /mode 0600 instead of 0644/],
    ["permissions of a directory differ", (target) => chmod(`${target}/empty`, 0o700), /mode 0700/],
    ["something is too many", (target) => writeFile(`${target}/more`, ""), /not in the snapshot/],
    [
      "a link points elsewhere",
      async (target) => {
        await unlink(`${target}/link`);
        await symlink("elsewhere", `${target}/link`);
      },
      /points elsewhere/,
    ],
    [
      "a file has become a link to what it was",
      async (target) => {
        await unlink(`${target}/directory/file`);
        await symlink(`${cycle.source}/directory/file`, `${target}/directory/file`);
      },
      /restored as a link/,
    ],
  ];

  it.each(damages)("reports that %s", async (_, damage, message) => {
    await damage(cycle.target);
    const { differences } = await cycle.compare();
    expect(differences).toHaveLength(1);
    expect(differences[0]).toMatch(message);
  });

  it("tells apart what somebody changed in the source", async () => {
    const { source } = cycle;
    await writeFile(`${source}/directory/file`, "other content");
    await writeFile(`${source}/new`, "");
    await unlink(`${source}/link`);
    expect(await cycle.compare()).toMatchObject({
      differences: [],
      changed: ["directory/file"],
      vanished: ["link"],
      appeared: ["new"],
    });
  });

  it("does not call changed what was only touched", async () => {
    await utimes(`${cycle.source}/directory/file`, 1, 1);
    expect(await cycle.compare()).toMatchObject({ equal: 4, differences: [], changed: [] });
  });
});
