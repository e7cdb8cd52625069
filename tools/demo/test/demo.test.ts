import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { everyScope, fullScope } from "@borgstore/tools-peers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { posixfs } from "@borgstore/backend-posixfs";
import { openStore } from "@borgstore/core";
import type { DemoReport } from "../src/report.ts";
import { largeSize, makeTree, treeFiles } from "./make-tree.ts";
import { runForReport, startDemo } from "./run-main.ts";

const timeout = 180_000;
const quick = ["--progress", "0.01"];
const furtherRuns = fullScope("the first run makes the same calls of Node");
const otherMoments = fullScope("what another moment leaves does not depend on Node");
// Syncing to a busy disk would make up most of the time.
const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

let temp: string;
let tree: string;
let storage: string;
let url: string;

beforeEach(async () => {
  temp = await mkdtemp(join(parent, "borgstore-demo-test-"));
  tree = join(temp, "tree");
  storage = join(temp, "storage");
  url = pathToFileURL(storage).href;
  await mkdir(tree);
  await makeTree(tree);
});

afterEach(async () => {
  await rm(temp, { recursive: true, force: true });
});

/** Everything came back as it was, and nothing of the restore is left. */
async function expectGood(report: DemoReport): Promise<void> {
  expect(report.compared).toMatchObject({ differences: [], changed: [], vanished: [], appeared: [] });
  expect(report.compared.equalFiles).toBe(treeFiles);
  expect(report.backup.files).toBe(treeFiles);
  expect(report.restored).toMatchObject({ files: treeFiles, incomplete: [], lost: [] });
  await expectNoRestoreLeft();
}

async function expectNoRestoreLeft(): Promise<void> {
  const own = (await readdir(temp)).filter((name) => name.startsWith("borgstore-demo"));
  expect(own).toHaveLength(1);
  const inside = await readdir(join(temp, own[0] ?? ""));
  expect(inside.filter((name) => name !== "store")).toEqual([]);
}

/** The paths of all files and directories below one that has no links in it: Node's recursive readdir follows them. */
async function pathsBelow(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).map((path) => join(directory, path));
}

/** The chunks of the storage by their paths. */
async function chunkPaths(): Promise<string[]> {
  return (await pathsBelow(join(storage, "data"))).filter((path) => /[0-9a-f]{64}$/.test(path));
}

/** What a store shows of the storage: opens it anew and lists it. */
async function listedNames(): Promise<string[]> {
  await using store = await openStore(url, { backends: [posixfs], namespaces: { "": { levels: [0] } } });
  const names: string[] = [];
  for await (const page of store.backend.list("", { recursive: true })) {
    names.push(...page.map(({ name }) => name));
  }
  return names;
}

describe("a run of the demo", { timeout }, () => {
  it("stores a tree, each chunk once, and restores it byte for byte", async () => {
    const report = await runForReport([url, tree], { temp });
    await expectGood(report);
    expect(report.found).toEqual({ chunks: 0, snapshots: 0 });
    expect(report.backup).toMatchObject({ links: 4, reusedChunks: 0 });
    expect(report.backup.differentChunks).toBeLessThan(report.backup.chunks);
    expect(report.backup.differentBytes).toBeLessThanOrEqual(report.backup.bytes - largeSize);
    expect(await chunkPaths()).toHaveLength(report.backup.newChunks);
    expect(report.operations.store.failures).toBe(0);
    // While every item changed its level it was read, and none was missed.
    const { changeLevel } = report;
    expect(changeLevel.operations.changeLevel).toMatchObject({ calls: changeLevel.items, failures: 0 });
    expect(changeLevel.operations.load).toMatchObject({ calls: changeLevel.loads, failures: 0 });
    expect(changeLevel.loadsOfMoving).toBeGreaterThan(0);
  });

  it("works in memory", async () => {
    const report = await runForReport(["memory:", tree], { temp });
    await expectGood(report);
    expect(report.changeLevel.loads).toBeGreaterThan(0);
  });

  it.skipIf(furtherRuns.isLeftOut)(
    `keeps the default store below the temp directory, and stores no chunk there again${furtherRuns.tag}`,
    async () => {
      const first = await runForReport(["", tree], { temp });
      const second = await runForReport(["", tree], { temp });
      await expectGood(second);
      expect(second.backup).toMatchObject({
        newChunks: 0,
        reusedChunks: first.backup.newChunks,
        reusedBytes: first.backup.newBytes,
      });
      expect(second.found).toEqual({ chunks: first.backup.newChunks, snapshots: 1 });
    },
  );

  it("leaves out pipes and says so, and its own storage", async () => {
    execFileSync("mkfifo", [join(tree, "pipe")]);
    const inside = pathToFileURL(join(tree, "storage")).href;
    const report = await runForReport([inside, tree], { temp });
    expect(report.skipped.map(({ path }) => path).sort()).toEqual(["pipe", "storage"]);
    await expectGood(report);
  });

  it("destroys the store when told to", async () => {
    const report = await runForReport([url, tree, "--destroy"], { temp });
    expect(report.destroyed).toBe(true);
    expect(existsSync(storage)).toBe(false);
  });

  it("keeps the store and asks nobody without a terminal", async () => {
    const end = await startDemo([url, tree, "--progress", "3600"], { temp }).ended;
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(end.stdout).toContain("the store stays");
    expect(end.stdout).not.toContain("Destroy");
    expect(end.stdout).toMatch(/store +\d+ +0 +[\d.]+ MB/);
  });
});

const mending = fullScope("restore.test.ts has the mending");

describe.skipIf(mending.isLeftOut)(`a store that was damaged${mending.tag}`, { timeout }, () => {
  it("gets again what is too short or missing, and is mended where a chunk has other bytes", async () => {
    await runForReport([url, tree], { temp });
    const [short, missing, , damaged] = (await chunkPaths()) as [string, string, string, string];
    await truncate(short, 0);
    await rm(missing);
    const bytes = await readFile(damaged);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(damaged, bytes);
    const second = await runForReport([url, tree], { temp });
    expect(second.backup).toMatchObject({ newChunks: 2, replacedChunks: 1 });
    expect(second.restored.mended).toEqual([damaged.slice(-64)]);
    await expectGood(second);
    const third = await runForReport([url, tree], { temp });
    expect(third.backup).toMatchObject({ newChunks: 0, replacedChunks: 0 });
    expect(third.restored.mended).toEqual([]);
  });
});

describe("a killed demo", { timeout }, () => {
  const moments: readonly [string, RegExp][] = [
    ["at its start", /1\. Open/],
    ["when it has stored about half", /storing, [4-9]\d %/],
    ["before the snapshot", /3\. Write/],
    ["when it starts to restore", /4\. Restore/],
    ["while it restores", /restoring, (?!0 %)\d+ %/],
    ["while an item is soft-deleted", /soft-deleted +exists/],
    ["while it changes the level", /moving level 1 to 2, \d+ %/],
  ];

  for (const [when, moment] of moments) {
    const { isLeftOut, tag } = when === "when it has stored about half" ? everyScope : otherMoments;
    it.skipIf(isLeftOut)(`${when} leaves a store that the next run uses and completes${tag}`, async () => {
      const demo = startDemo([url, tree, ...quick], { temp, latencyMs: 10 });
      await demo.seen(moment);
      const chunksBefore = existsSync(join(storage, "data")) ? (await chunkPaths()).length : 0;
      demo.child.kill("SIGKILL");
      expect(await demo.ended).toMatchObject({ killedBy: "SIGKILL" });
      const names = existsSync(storage) ? await listedNames() : [];
      expect(
        names.filter((name) => !/^(?:config|data|index)\/[\w./-]+$/.test(name) || name.includes("tmp")),
      ).toEqual([]);

      const next = await runForReport([url, tree], { temp });
      await expectGood(next);
      expect(next.backup.replacedChunks).toBe(0);
      expect(next.backup.reusedChunks).toBeGreaterThanOrEqual(chunksBefore);
      expect(next.backup.reusedChunks).toBe(next.found.chunks);
      expect(next.restored.mended).toEqual([]);
    });
  }
});

describe("an interrupted demo", { timeout }, () => {
  const moments: readonly [string, RegExp, string][] = [
    ["storing", /storing, (?!0 %)\d+ %/, "0 snapshots"],
    ["restoring", /restoring, (?!0 %)\d+ %/, "1 snapshot"],
    ["changing the level", /moving level 1 to 2, \d+ %/, "1 snapshot"],
  ];

  for (const [what, moment, snapshots] of moments) {
    const { isLeftOut, tag } = what === "restoring" ? everyScope : otherMoments;
    it.skipIf(isLeftOut)(`stops cleanly with 130 while ${what}${tag}`, async () => {
      const demo = startDemo([url, tree, ...quick], { temp, latencyMs: 10 });
      await demo.seen(moment);
      demo.child.kill("SIGINT");
      const end = await demo.ended;
      expect(end).toMatchObject({ code: 130, killedBy: null });
      expect(end.stdout).toContain("Stopped. The store is in order");
      expect(end.stdout).toContain(snapshots);
      expect(end.stderr).toContain("stopped by SIGINT");
      await expectNoRestoreLeft();
      expect((await pathsBelow(storage)).filter((path) => path.endsWith(".tmp"))).toEqual([]);
      expect(await listedNames()).not.toEqual([]);
      await expectGood(await runForReport([url, tree], { temp }));
    });
  }

  it("ends with 143 on SIGTERM", async () => {
    const demo = startDemo([url, tree, ...quick], { temp, latencyMs: 10 });
    await demo.seen(/storing, (?!0 %)\d+ %/);
    demo.child.kill("SIGTERM");
    expect(await demo.ended).toMatchObject({ code: 143, killedBy: null });
  });
});

describe("wrong arguments", { timeout }, () => {
  it.each([
    ["an unknown scheme", ["gopher://host/path"], /INVALID_URL/],
    ["a relative file URL", ["file:relative"], /file:\/\/\//],
    ["a directory that is not there", ["memory:", "/does/not/exist"], /INVALID_ARGUMENT.*\/does\/not\/exist/],
    ["an unknown option", ["--frobnicate"], /INVALID_ARGUMENT.*--frobnicate/],
    ["two options that exclude each other", ["--keep", "--destroy"], /exclude each other/],
    ["too many words", ["memory:", "/", "more"], /at most URL and DIRECTORY/],
    ["an ssh configuration for a directory", ["memory:", "--ssh-config", "file"], /is for sftp: URLs/],
    ["an impossible time", ["--progress", "0"], /--progress takes seconds/],
  ])("%s end with 2 and a message", async (_, args, message) => {
    const end = await startDemo(args, { temp }).ended;
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(message);
    expect(end.stderr).not.toMatch(/\n {4}at /);
  });

  it("--help explains itself", async () => {
    const end = await startDemo(["--help"], { temp }).ended;
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(end.stdout).toContain("pnpm demo [URL] [DIRECTORY]");
  });
});
