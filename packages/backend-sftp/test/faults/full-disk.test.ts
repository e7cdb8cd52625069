import { opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sftpBackend, type SftpOptions } from "../../src/index.ts";
import { freshDirectory } from "../fresh-directory.ts";
import { mustEqual } from "./checks.ts";
import { bytes, contents, readContents, temporaryFiles } from "./contents.ts";
import { startRealServer } from "./real-server.ts";
import { idleResources, nothingMoreThan } from "./resources.ts";
import { failure } from "./settled.ts";
import { full } from "./scope.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const smallTmpfs = requirePeer(
  "small tmpfs",
  process.platform === "linux" && process.getuid?.() === 0 && canMount(),
  "mounting needs root",
);

function canMount(): boolean {
  const place = fs.mkdtempSync(join(tmpdir(), "sftp-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place]).status === 0;
  if (mounted) spawnSync("umount", [place]);
  fs.rmdirSync(place);
  return mounted;
}

const cases = [
  { transport: "ssh2", durability: "sync" },
  { transport: "ssh2", durability: "each" },
  { transport: "openssh", durability: "sync" },
] as const;

describe.skipIf(full.isLeftOut || !openssh.available || !smallTmpfs.available)(
  `a full disk behind OpenSSH ${openssh.tag} ${smallTmpfs.tag}${full.tag}`,
  () => {
    test.each(cases)(
      "refuses with NO_SPACE and keeps what was there (transport $transport, durability $durability)",
      async ({ transport, durability }) => {
        await using server = await startRealServer();
        const nothing = idleResources();
        const place = freshDirectory();
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k,nr_inodes=40", "tmpfs", place]);
        try {
          const directory = join(place, "store");
          const options: SftpOptions = { durability, stallTimeoutMs: 8000, requestTimeoutMs: 8000 };
          const backend = sftpBackend({ ...server.options(transport, "unused", options), path: directory });
          await backend.create();
          await backend.open();
          const kept = bytes(200_000, 1);
          await backend.store("data/kept", kept);
          const before = contents({ "data/kept": kept });
          const large = bytes(2_000_000, 2);

          const refusals = {
            "data/kept": () => backend.store("data/kept", large),
            "data/new": () => backend.store("data/new", large),
            "data/if-absent": () => backend.store("data/if-absent", large, { ifAbsent: true }),
            "far/away/new": () => backend.store("far/away/new", large),
            "data/stream": () =>
              backend.storeStream("data/stream", [large.subarray(0, 900_000), large.subarray(900_000)]),
          };
          for (const [name, refused] of Object.entries(refusals)) {
            const error = await failure(refused(), "NO_SPACE");
            expect(error).toMatchObject({ key: name, retryable: false, unsent: false });
            mustEqual(readContents(directory), before, name);
            mustEqual(temporaryFiles(directory), [], name);
          }
          expect(Buffer.compare(await backend.load("data/kept"), kept)).toBe(0);
          // To the last byte, and a small one still fits afterwards.
          await backend.store("data/small", bytes(4000, 3));
          await backend.delete("data/kept");
          await backend.store("data/again", bytes(300_000, 4));

          // Names run out as well as bytes do.
          let made = 0;
          const fill = async (): Promise<void> => {
            for (; made < 100; made++) await backend.store(`many/${made}`, bytes(1, 5));
          };
          await failure(fill(), "NO_SPACE");
          expect(made).toBeGreaterThan(10);
          expect(temporaryFiles(directory)).toEqual([]);
          await backend.delete("many/0");
          await backend.store("many/other", bytes(1, 6));
          await backend.close();
          await server.quiet();
          await nothingMoreThan(nothing);
        } finally {
          await server.stop();
          execFileSync("umount", [place]);
        }
      },
    );
  },
);
