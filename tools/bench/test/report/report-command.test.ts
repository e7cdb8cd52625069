import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runBench } from "../../src/main.ts";

let directory: string;
let text: string;
const write = (more: string): void => {
  text += more;
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "report-test-"));
  text = "";
});
afterEach(() => rmSync(directory, { recursive: true }));

const machine = {
  kind: "machine",
  cpu: "A chip",
  cores: 2,
  memoryGiB: 24,
  system: "linux",
  kernel: "6.1",
  node: "v20.20.2",
  date: "2026-11-26",
};
const summary = { median: 2, min: 1.5, max: 2.5 };

/** A run with a note, one figure and its bound, a bar that is met and one that is missed. */
function linesOf(bench: string, callers = 1): object[] {
  const name = { bench, what: "load 1KiB", callers };
  const figure = { kind: "figure", heading: `Calls of ${bench}`, ...name, unit: "us" };
  const one = { median: 1, min: 1, max: 1 };
  const bar = { kind: "bar", limitKind: "ratio", ...name, bound: { ...name, subject: "raw" }, unit: "us" };
  return [
    machine,
    { kind: "note", bench, text: "files on *tmpfs* | <b>" },
    { ...figure, subject: "raw", rounds: [10], ...one, ratio: one },
    { ...figure, subject: "Store", rounds: [20], ...summary, ratio: summary },
    { ...bar, subject: "Store", limit: 3, outcome: "met", value: summary },
    { ...bar, subject: "Other", limit: 1, outcome: "missed", value: summary },
  ];
}

function writeRun(name: string, lines: readonly object[]): string {
  const file = join(directory, name);
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return file;
}

const read = (name: string): string => readFileSync(join(directory, "docs", name), "utf8");

async function report(...files: string[]): Promise<void> {
  expect(await runBench(["report", ...files, "--docs", join(directory, "docs")], write)).toBe(0);
}

test("each bench has a page with machine, notes, chart, bars with the missed first, and figures", async () => {
  await report(writeRun("a.jsonl", linesOf("posixfs")));
  expect(readdirSync(join(directory, "docs")).toSorted()).toEqual(["README.md", "posixfs.md", "posixfs.svg"]);
  expect(text.split("\n").toSorted()).toEqual(["", "README.md", "posixfs.md", "posixfs.svg"]);
  const page = read("posixfs.md");
  expect(page).toMatch(/^# Bench posixfs\n/);
  expect(page).toContain("A chip, 2 cores, 24 GiB, linux 6.1, Node v20.20.2, 2026-11-26\n");
  expect(page).toContain("- files on \\*tmpfs\\* \\| \\<b>\n");
  expect(page).toContain("](posixfs.svg)");
  const rows = page.split("\n").filter((line) => line.startsWith("|"));
  expect(rows[2]).toMatch(/load 1KiB, Other .* ≤ 1\.00x .* 2\.00x .* \*\*missed\*\* /);
  expect(rows[3]).toMatch(/load 1KiB, Store .* ≤ 3\.00x .* met /);
  expect(page).toContain("\n## Calls of posixfs\n");
  expect(read("posixfs.svg")).toMatch(/^<svg .*posixfs: Calls of posixfs/s);
});

test("the index has the bars of all benches, and keeps those of earlier runs", async () => {
  await report(writeRun("a.jsonl", linesOf("posixfs")));
  writeFileSync(join(directory, "docs", "by-hand.md"), "# Bench by-hand\n\nNot ours.\n");
  const before = read("posixfs.md");
  await report(writeRun("b.jsonl", [...linesOf("s3"), ...linesOf("sftp").slice(1)]));
  expect(read("posixfs.md")).toBe(before);
  const index = read("README.md");
  for (const bench of ["posixfs", "s3", "sftp"]) expect(index).toContain(`[${bench}](${bench}.md)`);
  expect(index).not.toContain("by-hand");
  const [, bars = ""] = index.split("## Bars");
  const rows = bars.split("\n").filter((line) => line.startsWith("|"));
  const cells = rows.slice(2).map((row) => row.split("|").map((cell) => cell.trim()));
  expect(cells.map((row) => [row[1], row.at(-2)])).toEqual([
    ["posixfs", "**missed**"],
    ["s3", "**missed**"],
    ["sftp", "**missed**"],
    ["posixfs", "met"],
    ["s3", "met"],
    ["sftp", "met"],
  ]);
  await report(writeRun("b.jsonl", linesOf("s3")));
  expect(read("README.md")).toBe(index);
});

test("several files make one report", async () => {
  await report(writeRun("a.jsonl", linesOf("core")), writeRun("b.jsonl", linesOf("core", 16)));
  const rows = read("core.md").split("\n");
  expect(rows.filter((row) => /^\| load 1KiB +\| Store /.test(row))).toHaveLength(2);
});

test("nothing names places of the machine", async () => {
  mkdirSync(join(directory, "runs"));
  await report(writeRun("runs/a.jsonl", linesOf("posixfs")));
  for (const name of readdirSync(join(directory, "docs"))) expect(read(name)).not.toContain(directory);
  expect(text).not.toContain(directory);
});

test("what cannot be read ends with 2 and the reason, and writes nothing", async () => {
  const docs = ["--docs", join(directory, "docs")];
  const other = { ...machine, cpu: "Another chip" };
  const attempts: [string[], RegExp][] = [
    [[], /report takes files/],
    [[join(directory, "none.jsonl")], /none\.jsonl cannot be read: ENOENT/],
    [[writeRun("bad.jsonl", [machine, { kind: "song" }])], /bad\.jsonl: line 2 is not of a run/],
    [
      [writeRun("a.jsonl", linesOf("core")), writeRun("b.jsonl", [other, ...linesOf("core").slice(1)])],
      /different machines/,
    ],
    [["--fast"], /--fast/],
  ];
  for (const [args, reason] of attempts) {
    text = "";
    expect(await runBench(["report", ...args, ...docs], write)).toBe(2);
    expect(text).toMatch(reason);
  }
  expect(readdirSync(directory)).not.toContain("docs");
});
