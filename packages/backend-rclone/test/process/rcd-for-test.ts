import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { RcdSettings } from "../../src/process/rcd-settings.ts";
import type { RunningRcd } from "../../src/process/running-rcd.ts";
import { leaseRcd, type RcdLease } from "../../src/process/shared-rcd.ts";
import { StartedRcd } from "../../src/process/started-rcd.ts";

// Where it is set, old versions of rclone read a file that may not be there.
delete process.env["AWS_CA_BUNDLE"];

/** The variable by which processes of a test are found. */
export const markName = "BORGSTORE_TEST_MARK";

/** A new empty directory, removed when the test has ended. */
export function freshDirectory(): string {
  const path = fs.mkdtempSync(join(tmpdir(), "rcd-test-"));
  onTestFinished(() => fs.rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Settings that no other test has; the environment has a mark for {@link processesWith}. */
export function freshSettings(changes: Partial<RcdSettings> = {}): RcdSettings {
  const configFile = join(freshDirectory(), "rclone.conf");
  fs.writeFileSync(configFile, "[here]\ntype = local\n");
  return {
    program: process.env["RCLONE_BINARY"] ?? "rclone",
    configFile,
    connectTimeoutMs: 10_000,
    stallTimeoutMs: 30_000,
    startTimeoutMs: 30_000,
    ...changes,
    environment: { [markName]: randomUUID(), ...changes.environment },
  };
}

/** A lease that is given back when the test has ended. */
export function leaseForTest(settings: RcdSettings): RcdLease {
  const lease = leaseRcd(settings);
  onTestFinished(() => lease.release());
  return lease;
}

/** An executable file with this text. */
export function fakeProgram(text: string): string {
  const path = join(freshDirectory(), "fake-rclone");
  fs.writeFileSync(path, text, { mode: 0o755 });
  return path;
}

/** Sets variables of this process until the test has ended. */
export function withVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    process.env[name] = value;
    onTestFinished(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

export function pidOf(running: RunningRcd): number {
  if (running instanceof StartedRcd) return running.pid;
  throw new Error("not a process of ours");
}

/** The processes that have inherited the mark: rclone, its watchdog, whatever they have started. Linux only. */
export function processesWith(mark: string | undefined): readonly number[] {
  if (mark === undefined) throw new Error("no mark");
  return fs
    .readdirSync("/proc")
    .filter((entry) => /^\d+$/u.test(entry) && readOrEmpty(`/proc/${entry}/environ`).includes(mark))
    .map(Number);
}

/** Waits until no process has the mark of these settings. */
export async function expectNoneLeft({ environment }: RcdSettings): Promise<void> {
  await expect.poll(() => processesWith(environment[markName])).toEqual([]);
}

/** A file of `/proc`; `""` when its process has ended, or belongs to somebody else. */
export function readOrEmpty(file: string): string {
  try {
    return fs.readFileSync(file, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error) return "";
    throw error;
  }
}
