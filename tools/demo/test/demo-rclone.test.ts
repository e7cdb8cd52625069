import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCodes } from "@borgstore/core";
import { fullScope, rcloneAvailable, requirePeer } from "@borgstore/tools-peers";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeTree, treeFiles } from "./make-tree.ts";
import { runForReport, startDemo, type StartOptions } from "./run-main.ts";
import { tempDirectory } from "./temp-directory.ts";

const timeout = 300_000;
const peer = requirePeer("rclone", rcloneAvailable(), "rclone or ssh-keygen is not installed");
const full = fullScope("tests of the rclone package have what depends on Node");

interface Place {
  readonly temp: string;
  readonly tree: string;
  /** A line for each time that rclone was started. */
  readonly starts: () => Promise<string>;
  readonly storage: string;
  /** URL of the storage, by a remote that only the configuration file knows. */
  readonly url: string;
  readonly options: StartOptions;
}

async function startPlace(): Promise<Place> {
  const temp = await tempDirectory();
  const [tree, configFile, program] = [join(temp, "tree"), join(temp, "rclone.conf"), join(temp, "rclone")];
  await mkdir(tree);
  await makeTree(tree);
  await writeFile(configFile, `[disk]\ntype = alias\nremote = ${temp}\n`);
  await writeFile(program, `#!/bin/sh\necho started >>"$0.starts"\nexec rclone "$@"\n`, { mode: 0o755 });
  return {
    temp,
    tree,
    starts: async () => await readFile(`${program}.starts`, "utf8"),
    storage: join(temp, "storage"),
    url: "rclone:disk:storage",
    options: { temp, env: { RCLONE_CONFIG: configFile, RCLONE_BINARY: program } },
  };
}

/** Names of the chunks that are stored, as the medium has them. */
function chunksIn(storage: string): readonly string[] {
  const data = join(storage, "data");
  if (!existsSync(data)) return [];
  return readdirSync(data, { recursive: true, encoding: "utf8" }).filter((name) =>
    /[0-9a-f]{64}$/.test(name),
  );
}

/** The demo with this temp directory, rclone and whatever else they have started. Nothing on systems without `/proc`. */
function processesOf(temp: string): readonly string[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && environmentOf(entry).includes(temp));
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch (error) {
    // It has ended since the folder was listed, or is somebody else's.
    if (error instanceof Error && "code" in error) return "";
    throw error;
  }
}

async function expectNoneLeft(temp: string): Promise<void> {
  await expect.poll(() => processesOf(temp), { timeout: 30_000 }).toEqual([]);
}

describe.skipIf(full.isLeftOut || !peer.available)(
  `through rclone ${peer.tag}${full.tag}`,
  { timeout },
  () => {
    it("stops cleanly with 130 when a terminal interrupts all; goes on from there, restores all and destroys it", async () => {
      const { temp, tree, starts, storage, url, options } = await startPlace();
      const interrupted = { ...options, latencyMs: 10, isGroupLeader: true };
      const demo = startDemo([url, tree, "--progress", "0.01"], interrupted);
      onTestFinished(() => void demo.child.kill("SIGKILL"));
      await demo.seen(/storing, /);
      await expect.poll(() => chunksIn(storage).length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0);
      // The demo, rclone, and who watches it.
      expect(processesOf(temp).length).toBeGreaterThanOrEqual(process.platform === "linux" ? 3 : 0);
      process.kill(-(demo.child.pid as number), "SIGINT");
      const end = await demo.ended;
      expect(end).toMatchObject({ code: 130, killedBy: null });
      expect(end.stdout).toMatch(/Stopped\. The store is in order and holds \d+ chunk/);
      // The interruption has not ended rclone, which would be started anew for what is done after it.
      expect(await starts()).toBe("started\n");
      expect(existsSync(join(storage, "config"))).toBe(true);
      await expectNoneLeft(temp);

      const report = await runForReport([`rclone:${storage}`, tree, "--destroy"], options);
      expect(report.backup).toMatchObject({ files: treeFiles, reusedChunks: report.found.chunks });
      expect(report.found.chunks).toBeGreaterThan(0);
      expect(report.compared).toMatchObject({ differences: [], changed: [], equalFiles: treeFiles });
      expect(report.changeLevel.loadsOfMoving).toBeGreaterThan(0);
      expect(report.destroyed).toBe(true);
      expect(existsSync(storage)).toBe(false);
      await expectNoneLeft(temp);
    });

    it.each([
      {
        what: "rclone is not installed",
        url: "rclone:disk:storage",
        env: { RCLONE_BINARY: "/nowhere/rclone" },
        code: "UNSUPPORTED" as const,
        says: /"\/nowhere\/rclone" does not exist .*rclone\.org\/install/,
      },
      {
        what: "rclone's configuration has no such remote",
        url: "rclone:elsewhere:storage",
        env: {},
        code: "INVALID_ARGUMENT" as const,
        says: /rclone listremotes/,
      },
      {
        what: "the path is a relative one",
        url: "rclone:storage",
        env: {},
        code: "INVALID_URL" as const,
        says: /rclone:remote:path/,
      },
    ])("ends with a message and no trace of code when $what", async ({ url, env, code, says }) => {
      const { temp, tree, options } = await startPlace();
      const end = await startDemo([url, tree], { ...options, env: { ...options.env, ...env } }).ended;
      expect(end.code).toBe(errorCodes[code].exitCode);
      expect(end.stderr).toMatch(says);
      expect(end.stderr).toContain(code);
      expect(end.stderr).not.toMatch(/\n {4}at /);
      await expectNoneLeft(temp);
    });
  },
);
