import { requirePeer } from "@borgstore/tools-peers";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rcloneBackend } from "../../src/index.ts";
import { distributionRclone, newestRclone } from "../remotes.ts";
import { mustEqual } from "./checks.ts";
import { bytes, inPieces } from "./contents.ts";
import { nothingMoreThan, resources } from "./resources.ts";
import { full } from "./scope.ts";
import { failure } from "./settled.ts";

const smallTmpfs = requirePeer(
  "small tmpfs",
  process.platform === "linux" && process.getuid?.() === 0 && canMount(),
  "mounting needs root",
);

function canMount(): boolean {
  const place = fs.mkdtempSync(join(tmpdir(), "rclone-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place]).status === 0;
  if (mounted) spawnSync("umount", [place]);
  fs.rmdirSync(place);
  return mounted;
}

function filesIn(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

for (const { title, program, available } of [distributionRclone, newestRclone]) {
  describe.skipIf(full.isLeftOut || !available || !smallTmpfs.available)(
    `a full disk, ${title} ${smallTmpfs.tag}${full.tag}`,
    () => {
      test("refuses with NO_SPACE and keeps what was there", async () => {
        const nothing = resources();
        const place = fs.mkdtempSync(join(tmpdir(), "rclone-full-"));
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k,nr_inodes=40", "tmpfs", place]);
        try {
          const configFile = join(place, "rclone.conf");
          fs.writeFileSync(configFile, "");
          const directory = join(place, "store");
          const backend = rcloneBackend({ remote: directory, configFile, rcloneProgram: program });
          await backend.create();
          await backend.open();
          const kept = bytes(200_000, 1);
          await backend.store("data/kept", kept);
          const large = bytes(2_000_000, 2);
          const refusals = {
            "data/kept": () => backend.store("data/kept", large),
            "data/new": () => backend.store("data/new", large),
            "far/away/new": () => backend.store("far/away/new", large),
            "data/stream": () => backend.storeStream("data/stream", inPieces(large, 300_000)),
            "data/little": () => backend.storeStream("data/little", inPieces(bytes(330_000, 3), 100_000)),
          };
          for (const [name, refused] of Object.entries(refusals)) {
            const error = await failure(refused(), "NO_SPACE", name);
            expect(error).toMatchObject({ key: name, retryable: false, unsent: false });
            mustEqual(filesIn(directory), ["data/kept"], name);
          }
          expect(Buffer.compare(await backend.load("data/kept"), kept)).toBe(0);
          await backend.store("data/small", bytes(4000, 3));
          await backend.delete("data/kept");
          await backend.store("data/again", bytes(300_000, 4));

          // Names run out as well as bytes do.
          let made = 0;
          const fill = async (): Promise<void> => {
            for (; made < 100; made++) await backend.store(`many/${made}`, bytes(1, 5));
          };
          await failure(fill(), "NO_SPACE", "names");
          expect(made).toBeGreaterThan(10);
          expect(filesIn(directory)).toHaveLength(2 + made);
          await backend.delete("many/0");
          await backend.store("many/other", bytes(1, 6));
          await backend.close();
          await nothingMoreThan(nothing);
        } finally {
          execFileSync("umount", ["-l", place]);
          fs.rmdirSync(place);
        }
      });
    },
  );
}
