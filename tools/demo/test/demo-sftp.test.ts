import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  fullScope,
  opensshAvailable,
  opensshReason,
  requirePeer,
  startSshd,
  type Sshd,
} from "@borgstore/tools-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeTree, treeFiles } from "./make-tree.ts";
import { runForReport, startDemo } from "./run-main.ts";
import { tempDirectory } from "./temp-directory.ts";

const timeout = 300_000;
const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const full = fullScope("tests of the sftp package have what depends on Node");

interface Place {
  readonly temp: string;
  readonly tree: string;
  readonly storage: string;
  readonly sshd: Sshd;
  /** URL of the storage, by an alias that only the configuration file knows. */
  readonly url: string;
}

async function startPlace(): Promise<Place> {
  const temp = await tempDirectory();
  const tree = join(temp, "tree");
  const storage = join(temp, "storage");
  await mkdir(tree);
  await makeTree(tree);
  const sshd = await startSshd({ directory: join(temp, "sshd") });
  onTestFinished(async () => await sshd.stop());
  return { temp, tree, storage, sshd, url: `sftp://borgstore-test/${storage}` };
}

describe.skipIf(full.isLeftOut || !openssh.available)(
  `over SFTP ${openssh.tag}${full.tag}`,
  { timeout },
  () => {
    it("stops cleanly with 130, also while an answer is awaited; goes on from there, restores all and destroys it", async () => {
      const { temp, tree, storage, sshd, url } = await startPlace();
      const args = [url, tree, "--ssh-config", sshd.sshConfigFile];
      const demo = startDemo([...args, "--progress", "0.01"], { temp, latencyMs: 10 });
      await demo.seen(/storing, (?!0 %)\d+ %/);
      demo.child.kill("SIGINT");
      expect(await demo.ended).toMatchObject({ code: 130, killedBy: null });
      expect(existsSync(join(storage, "config"))).toBe(true);

      const report = await runForReport([...args, "--destroy"], { temp });
      expect(report.backup).toMatchObject({ files: treeFiles, reusedChunks: report.found.chunks });
      expect(report.compared).toMatchObject({ differences: [], changed: [], equalFiles: treeFiles });
      expect(report.changeLevel.loadsOfMoving).toBeGreaterThan(0);
      expect(report.destroyed).toBe(true);
      expect(existsSync(storage)).toBe(false);
    });

    it("ends with a message and no trace of code when the host shows another key", async () => {
      const { temp, tree, sshd, url } = await startPlace();
      await sshd.newHostKey();
      const end = await startDemo([url, tree, "--ssh-config", sshd.sshConfigFile], { temp }).ended;
      expect(end.code).toBe(7);
      expect(end.stderr).toMatch(/known_hosts/);
      expect(end.stderr).not.toMatch(/\n {4}at /);
    });
  },
);
