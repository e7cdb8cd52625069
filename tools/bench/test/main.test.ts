import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  opensshAvailable,
  opensshReason,
  rcloneAvailable,
  requirePeer,
  rgwAvailable,
} from "@borgstore/tools-peers";
import { runBench } from "../src/main.ts";
import { builtEntry } from "../src/measure/built-packages.ts";
import { fileSystemOf } from "../src/measure/machine.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const rgw = requirePeer("rgw", rgwAvailable(), "radosgw or another program of Ceph is not installed");
const rclone = requirePeer("rclone", rcloneAvailable(), "rclone or ssh-keygen is not installed");

let directory: string;
let text: string;
const write = (more: string): void => {
  text += more;
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bench-test-"));
  text = "";
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A run so small that its figures mean nothing: it shows that everything takes part. */
async function runSmall(bench: string, ...more: string[]): Promise<readonly Record<string, unknown>[]> {
  const json = join(directory, "lines", "out.jsonl");
  const small = ["--count", "50", "--list-count", "50", "--rounds", "1", "--sizes", "1KiB"];
  // A stream is 128 times as long.
  const large = ["--large-size", "16KiB"];
  const places = ["--dir", directory, "--disk-dir", directory, "--json", json];
  expect(await runBench([bench, ...small, ...large, ...places, ...more], write)).toBe(0);
  const lines = readFileSync(json, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test(
  "a small run of posixfs has a figure for every call and leaves nothing behind",
  { timeout: 300_000 },
  async () => {
    const lines = await runSmall("posixfs", "--sizes", "1KiB,64KiB");
    const figures = lines.filter(({ kind, subject }) => kind === "figure" && subject === "Store");
    const measured = new Set(figures.map(({ what }) => what));
    for (const call of ["store-new", "store", "replace", "load", "info", "list", "delete"]) {
      expect(measured).toContain(`${call} 1KiB`);
    }
    expect(measured).toContain("list names only");
    expect(measured).toContain("list with sizes");
    expect(measured).toContain("p99 delay of the event loop, store 1KiB on disk");
    expect(measured).toContain("first item of a list");
    for (const call of ["store", "load", "info", "delete", "an item of list"]) {
      expect(measured).toContain(`${call}, 10x items`);
    }
    const onDisk = fileSystemOf(directory) !== "tmpfs";
    expect(text.includes("--disk-dir is in memory")).toBe(!onDisk);
    for (const what of ["durable store 1KiB", "sync() after stores of 1KiB"]) {
      expect(measured.has(what)).toBe(onDisk);
    }
    const childrenRun = builtEntry("@borgstore/backend-posixfs") !== undefined;
    for (const what of [
      "storeStream",
      "loadStream",
      "peak memory of storeStream",
      "peak memory of list with sizes",
    ]) {
      expect(measured.has(what)).toBe(childrenRun);
    }
    expect(readdirSync(directory)).toEqual(["lines"]);
    expect(text).not.toContain(directory);
  },
);

test(
  "a small run of core has a figure for every call and each function on names",
  { timeout: 300_000 },
  async () => {
    const lines = await runSmall("core");
    const figures = lines
      .filter(({ kind }) => kind === "figure")
      .map(({ what, subject }) => `${String(what)} ${String(subject)}`);
    for (const call of ["store", "load", "info", "delete"]) {
      for (const subject of ["bare backend", "guard", "Store"])
        expect(figures).toContain(`${call} ${subject}`);
    }
    expect(figures).toContain("name nameProblem");
    expect(figures).toContain("name nestName");
    const bars = lines.filter(({ kind }) => kind === "bar");
    const missing = bars.filter(({ outcome }) => outcome === "missing").map(({ what }) => what);
    // The storage of a small run does not grow so far.
    const expected = ["delete", "info", "load", "store"].map((call) => `${call}, 1000x items`);
    const isBuilt = builtEntry("@borgstore/backend-s3") !== undefined;
    expect(missing).toEqual(isBuilt ? expected : [...expected, "import", "runtime dependencies"]);
    expect(figures).toContain("added to load Store, values of 1MiB");
    expect(figures).toContain("load, 10x items Store");
    expect(figures.includes("import @borgstore/backend-s3")).toBe(isBuilt);
    expect(figures.includes("installed @borgstore/backend-sftp")).toBe(isBuilt);
  },
);

test.skipIf(!openssh.available)(
  `a small run of sftp has a figure for every call by both transports and leaves nothing behind ${openssh.tag}`,
  { timeout: 600_000 },
  async () => {
    // Without the part at a distance, where every call takes tens of milliseconds.
    const parts = ["--parts", "calls,list,large", "--large-size", "1MiB"];
    const lines = await runSmall("sftp", ...parts, "--count", "8", "--concurrency", "1,64");
    const figures = lines
      .filter(({ kind }) => kind === "figure")
      .map(({ what, subject, callers }) => `${String(what)} ${String(subject)} ${String(callers)}`);
    for (const call of ["store-new", "store", "load", "info", "delete"]) {
      for (const subject of ["bare ssh2", "Backend ssh2", "Backend openssh", "Store ssh2", "Store openssh"]) {
        for (const callers of [1, 64]) {
          expect(figures).toContain(`${call} 1KiB ${subject} ${callers}`);
        }
      }
      expect(figures).toContain(`${call} 1KiB Backend openssh x4 64`);
      expect(figures).not.toContain(`${call} 1KiB Backend openssh x4 1`);
    }
    for (const what of ["list, 1 level", "list, 2 levels", "store 1MiB", "load 1MiB"]) {
      for (const subject of ["bare ssh2", "Backend openssh", "Store ssh2"]) {
        expect(figures).toContain(`${what} ${subject} 1`);
      }
    }
    expect(figures).toContain("storeStream 1MiB Backend ssh2 1");
    expect(figures).toContain("loadStream 1MiB Backend openssh 1");
    expect(readdirSync(directory)).toEqual(["lines"]);
    expect(text).not.toContain(directory);
  },
);

test.skipIf(!rgw.available)(
  `a small run of s3 has a figure for every call and leaves nothing behind ${rgw.tag}`,
  { timeout: 600_000 },
  async () => {
    const lines = await runSmall("s3", "--count", "8", "--concurrency", "1,8", "--large-size", "1MiB");
    const figures = lines
      .filter(({ kind }) => kind === "figure")
      .map(({ what, subject, callers }) => `${String(what)} ${String(subject)} ${String(callers)}`);
    for (const subject of ["bare SDK", "Backend", "Store"]) {
      for (const call of ["store-new", "store", "load", "info", "delete"]) {
        for (const callers of [1, 8]) expect(figures).toContain(`${call} 1KiB ${subject} ${callers}`);
      }
      for (const what of ["list", "store 1MiB", "load 1MiB"])
        expect(figures).toContain(`${what} ${subject} 1`);
    }
    expect(figures.includes("load 1MiB rclone program 1")).toBe(rclone.available);
    expect(readdirSync(directory)).toEqual(["lines"]);
    // Neither the directory nor the secret that the server made up.
    for (const said of [text, JSON.stringify(lines)]) {
      expect(said).not.toMatch(/[0-9a-f]{40}/);
      expect(said).not.toContain(directory);
    }
  },
);

test.skipIf(!rclone.available)(
  `a small run of rclone has a figure for every call and leaves nothing behind ${rclone.tag}`,
  { timeout: 600_000 },
  async () => {
    const lines = await runSmall("rclone", "--count", "8", "--concurrency", "1,9", "--large-size", "1MiB");
    const figures = lines
      .filter(({ kind }) => kind === "figure")
      .map(({ what, subject, callers }) => `${String(what)} ${String(subject)} ${String(callers)}`);
    for (const subject of ["bare HTTP", "Backend", "Store"]) {
      for (const call of ["store-new", "store", "load", "info", "delete"]) {
        for (const callers of [1, 9]) expect(figures).toContain(`${call} 1KiB ${subject} ${callers}`);
      }
      for (const what of ["list", "store 1MiB", "load 1MiB"])
        expect(figures).toContain(`${what} ${subject} 1`);
    }
    expect(figures).toContain("store 1MiB rclone program 1");
    expect(figures).toContain("store 1KiB Store of 8 9");
    expect(figures).not.toContain("store 1KiB Store of 8 1");
    expect(readdirSync(directory)).toEqual(["lines"]);
    expect(text).not.toContain(directory);
  },
);

test("the machine is described without its name and without places on it", { timeout: 300_000 }, async () => {
  const [machine, ...others] = await runSmall("core", "--parts", "calls");
  expect(Object.keys(machine ?? {}).sort()).toEqual([
    "cores",
    "cpu",
    "date",
    "kernel",
    "kind",
    "memoryGiB",
    "node",
    "system",
  ]);
  expect(JSON.stringify(others)).not.toContain(directory);
  expect(text).not.toContain(directory);
});

test("a page lies beside the lines, with the same name", { timeout: 300_000 }, async () => {
  await runSmall("core", "--parts", "calls");
  expect(readdirSync(join(directory, "lines")).toSorted()).toEqual(["out.html", "out.jsonl"]);
  const page = readFileSync(join(directory, "lines", "out.html"), "utf8");
  expect(page).toContain("<h1>Bench core</h1>");
  expect(page).toContain("<svg ");
  expect(page).not.toContain(directory);
});

test("a wrong command line ends with 2, the reason and the usage", async () => {
  expect(await runBench(["tape"], write)).toBe(2);
  expect(text).toContain('no bench "tape"');
  expect(text).toContain("usage: pnpm bench");
});

test("--help shows the usage", async () => {
  expect(await runBench(["--help"], write)).toBe(0);
  expect(text).toMatch(/^usage: pnpm bench/);
});
