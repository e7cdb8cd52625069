import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { withTempDirectory } from "./pack.mjs";
import { readTarball } from "./tarball.mjs";

test("files of a tarball come with name, size and content", async () => {
  await withTempDirectory("tarball", (directory) => {
    mkdirSync(path.join(directory, "package/dist"), { recursive: true });
    writeFileSync(path.join(directory, "package/package.json"), "{}");
    writeFileSync(path.join(directory, "package/dist/big.js"), "x".repeat(1_000));
    execFileSync("tar", ["-czf", "p.tgz", "--format=ustar", "package"], { cwd: directory });
    const entries = readTarball(path.join(directory, "p.tgz"));
    expect(entries.map(({ name, size }) => [name, size])).toEqual([
      ["dist/big.js", 1_000],
      ["package.json", 2],
    ]);
    expect(entries[1]?.content.toString()).toBe("{}");
  });
});
