import { rcloneAvailable, requirePeer } from "@borgstore/tools-peers";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { RcdSettings } from "../../src/process/rcd-settings.ts";
import { compileModule, type CompiledModule } from "../compiled-module.ts";
import { expectNoneLeft, fakeProgram, freshSettings, markName, processesWith } from "./rcd-for-test.ts";

const rclone = requirePeer("rclone", rcloneAvailable(), "rclone is not installed");

type Parent = ChildProcessByStdio<null, Readable, null>;

/** Starts a program of ours and waits until it says that rclone runs. */
async function parentOf(program: string, settings: RcdSettings): Promise<Parent> {
  const parent = spawn(process.execPath, [program, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  parent.stdout.setEncoding("utf8");
  const [text] = (await once(parent.stdout, "data")) as [string];
  expect(text).toContain("runs");
  return parent;
}

async function exitOf(parent: Parent): Promise<unknown> {
  if (parent.exitCode === null && parent.signalCode === null) await once(parent, "exit");
  return parent.exitCode ?? parent.signalCode;
}

const stay = "setInterval(() => undefined, 1000);";
const run = `const lease = leaseRcd(given); await lease.get(undefined); console.log("runs");`;

const marked = ({ environment }: RcdSettings): readonly number[] => processesWith(environment[markName]);

/** A program whose worker runs rclone. */
function inWorker(atEnd: string): string {
  return `
        import { isMainThread, Worker } from "node:worker_threads";
        if (isMainThread) {
          const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
          worker.on("message", () => { console.log("runs"); ${atEnd} });
        } else {
          const lease = leaseRcd(given);
          await lease.get(undefined);
          (await import("node:worker_threads")).parentPort.postMessage("runs");
          ${stay}
        }`;
}

describe.skipIf(!rclone.available || process.platform !== "linux")(
  `rclone does not outlive its parent ${rclone.tag}`,
  () => {
    let compiled: CompiledModule;

    beforeAll(() => {
      compiled = compileModule("process/shared-rcd", "leaseRcd");
    });

    afterAll(() => compiled.remove());

    test("killed", async () => {
      const settings = freshSettings();
      const parent = await parentOf(compiled.program("killed", run + stay), settings);
      // rclone and its watchdog.
      expect(marked(settings)).toHaveLength(2);
      parent.kill("SIGKILL");
      expect(await exitOf(parent)).toBe("SIGKILL");
      await expectNoneLeft(settings);
    });

    test("killed, with a frozen rclone", async () => {
      const settings = freshSettings();
      const parent = await parentOf(compiled.program("frozen", run + stay), settings);
      // rclone, which is the leader of its group.
      const leaders = marked(settings).filter(isLeader);
      expect(leaders).toHaveLength(1);
      for (const pid of leaders) process.kill(pid, "SIGSTOP");
      parent.kill("SIGKILL");
      await expectNoneLeft(settings);
    });

    test("killed while rclone starts", async () => {
      const settings = freshSettings({ program: fakeProgram("#!/bin/sh\nsleep 1000\n") });
      const starting = `console.log("runs"); await leaseRcd(given).get(undefined);`;
      const parent = await parentOf(compiled.program("starting", starting), settings);
      await expect.poll(() => marked(settings).length).toBe(3);
      parent.kill("SIGKILL");
      await expectNoneLeft(settings);
    });

    test("it ends without a release: nothing keeps it alive", async () => {
      const settings = freshSettings();
      const parent = await parentOf(compiled.program("forgetful", run), settings);
      expect(await exitOf(parent)).toBe(0);
      await expectNoneLeft(settings);
    });

    test("process.exit", async () => {
      const settings = freshSettings();
      const parent = await parentOf(compiled.program("exit", `${run} process.exit(7);`), settings);
      expect(await exitOf(parent)).toBe(7);
      await expectNoneLeft(settings);
    });

    describe("in a worker thread", () => {
      test("killed", async () => {
        const settings = freshSettings();
        const parent = await parentOf(compiled.program("worker-killed", inWorker("")), settings);
        expect(marked(settings)).toHaveLength(2);
        parent.kill("SIGKILL");
        await expectNoneLeft(settings);
      });

      test("the thread is terminated, the process goes on", async () => {
        const settings = freshSettings();
        const body = inWorker(`worker.terminate(); ${stay}`);
        const parent = await parentOf(compiled.program("worker-terminated", body), settings);
        await expectNoneLeft(settings);
        expect(parent.exitCode).toBeNull();
      });
    });

    test("a lease that is waited for keeps the process alive, and so does a release", async () => {
      const settings = freshSettings();
      const body = `${run} console.log("more"); await lease.release(); process.exitCode = 3;`;
      const parent = await parentOf(compiled.program("waiting", body), settings);
      expect(await exitOf(parent)).toBe(3);
      // Gone when release has resolved, watchdog apart.
      await expectNoneLeft(settings);
    });
  },
);

function isLeader(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
