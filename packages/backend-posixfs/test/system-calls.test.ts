import { commandWorks, requirePeer } from "@borgstore/tools-peers";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compilePackage, type CompiledPackage } from "./compiled-package.ts";
import { freshDirectory } from "./fresh-directory.ts";

const strace = requirePeer(
  "strace",
  commandWorks("strace", ["-qq", "-o", "/dev/null", "true"]),
  "it is missing or not allowed",
);

let compiled: CompiledPackage;

/** Puts calls together of which strace wrote the end later, because another thread made one meanwhile. */
function joinInterrupted(lines: readonly string[]): string[] {
  const begun = new Map<string, number>();
  const joined: string[] = [];
  for (const line of lines) {
    const thread = line.split(" ", 1)[0] ?? "";
    const resumed = /<\.\.\. \w+ resumed>(.*)$/.exec(line);
    const beginning = begun.get(thread);
    if (resumed !== null && beginning !== undefined) {
      joined[beginning] += resumed[1] ?? "";
      begun.delete(thread);
      continue;
    }
    if (line.endsWith("<unfinished ...>")) begun.set(thread, joined.length);
    joined.push(line.replace(/ *<unfinished \.\.\.>$/, ""));
  }
  return joined;
}

/** Runs operations between two marks, and returns the file system calls made between them. */
function traceCalls(options: string, before: string, body: string): string[] {
  const directory = freshDirectory();
  const output = join(directory, "trace");
  const program = compiled.program(
    "traced",
    `
    const backend = posixfs.fromUrl("file://" + base, ${options});
    await backend.create();
    await backend.open();
    const value = new Uint8Array(1024).fill(1);
    ${before}
    fs.existsSync("/mark-begin");
    ${body}
    fs.existsSync("/mark-end");
    process.exit(0);
    `,
  );
  const calls =
    "open,openat,read,pread64,write,pwrite64,close,rename,renameat,renameat2,link,linkat,unlink,unlinkat";
  const more = "stat,lstat,fstat,newfstatat,statx,access,faccessat,faccessat2,mkdir,mkdirat,fsync,fdatasync";
  execFileSync("strace", [
    "-f",
    "-o",
    output,
    "-e",
    `trace=${calls},${more}`,
    process.execPath,
    program,
    join(directory, "store"),
  ]);
  const lines = joinInterrupted(fs.readFileSync(output, "utf8").split("\n"));
  const begin = lines.findIndex((line) => line.includes("/mark-begin"));
  const end = lines.findIndex((line) => line.includes("/mark-end"));
  const found: string[] = [];
  const descriptors = new Map<string, string>();
  for (const line of lines.slice(begin + 1, end)) {
    const call = /^\d+ +(\w+)\((.*)/.exec(line);
    if (call === null) continue;
    const [, name = "", rest = ""] = call;
    const inStore = /store\/?([^"]*)"/.exec(rest)?.[1];
    const fd = /^(\d+)/.exec(rest)?.[1] ?? "";
    if (name.startsWith("open") && inStore !== undefined)
      descriptors.set(/= (\d+)/.exec(line)?.[1] ?? "", inStore);
    // Event loop and thread pool talk to each other by other descriptors.
    const subject = inStore ?? descriptors.get(fd);
    if (subject === undefined) continue;
    const kind = name.replace(/(at2?|at|64|x)$/, "").replace(/^(newfst|lst|st|statx)$/, "stat");
    found.push(`${kind} ${subject.replace(/tmp\w+\.tmp/, "TEMP")}`);
  }
  return found;
}

describe.skipIf(!strace.available)(`system calls ${strace.tag}`, () => {
  beforeAll(() => {
    compiled = compilePackage();
  });
  afterAll(() => compiled.remove());

  test.each(["sync", "none"])("a store is open, write, close, rename (durability %s)", (durability) => {
    const options = JSON.stringify({ durability });
    expect(
      traceCalls(options, `await backend.mkdir("data");`, `await backend.store("data/a", value);`),
    ).toEqual(["open data/TEMP", "write data/TEMP", "close data/TEMP", "rename data/TEMP"]);
  });

  test("a value of 64 KiB is loaded by open, read, close", () => {
    const before = `await backend.store("data/a", new Uint8Array(65536));`;
    expect(traceCalls("{}", before, `await backend.load("data/a");`)).toEqual([
      "open data/a",
      "pread data/a",
      "close data/a",
    ]);
  });

  test("info is one call, also for what does not exist", () => {
    const before = `await backend.store("data/a", value);`;
    expect(
      traceCalls("{}", before, `await backend.info("data/a"); await backend.info("data/b");`).map((call) =>
        call.replace(/^\S+/, "stat"),
      ),
    ).toEqual(["stat data/a", "stat data/b"]);
  });

  test("delete is one call", () => {
    const before = `await backend.store("data/a", value);`;
    expect(traceCalls("{}", before, `await backend.delete("data/a");`)).toEqual(["unlink data/a"]);
  });

  test("with durability each, the file is synced before it gets its name, and the directories before the end", () => {
    const calls = traceCalls('{ durability: "each" }', "", `await backend.store("data/01/x", value);`);
    const order = calls.filter((call) => /^(fsync|rename|mkdir)/.test(call));
    expect(order.slice(0, 2)).not.toContain("fsync data/01/TEMP");
    const fileSynced = order.indexOf("fsync data/01/TEMP");
    const renamed = order.indexOf("rename data/01/TEMP");
    expect(fileSynced).toBeGreaterThan(-1);
    expect(renamed).toBeGreaterThan(fileSynced);
    expect(new Set(order.slice(renamed + 1))).toEqual(new Set(["fsync data/01", "fsync data", "fsync "]));
  });

  test("with durability each, a store into a directory that exists syncs that directory only", () => {
    const before = `await backend.store("data/01/w", value);`;
    const calls = traceCalls('{ durability: "each" }', before, `await backend.store("data/01/x", value);`);
    expect(calls.filter((call) => call.startsWith("fsync"))).toEqual(["fsync data/01/TEMP", "fsync data/01"]);
  });

  test("with durability sync, sync() syncs the file, then its directory and those above it, each once", () => {
    const before = `await backend.store("data/01/x", value); await backend.store("data/01/x", value);`;
    const calls = traceCalls("{}", before, `await backend.sync(); await backend.sync();`);
    const synced = calls.filter((call) => call.startsWith("fsync"));
    expect(synced[0]).toBe("fsync data/01/x");
    expect(synced.slice(1).sort()).toEqual(["fsync ", "fsync data", "fsync data/01"]);
  });

  test("with durability none nothing is ever synced", () => {
    const body = `await backend.store("data/01/x", value); await backend.sync(); await backend.close();`;
    const calls = traceCalls('{ durability: "none" }', "", body);
    expect(calls.filter((call) => call.startsWith("fsync"))).toEqual([]);
  });
});
