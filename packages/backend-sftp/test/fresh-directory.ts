import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** In memory where there is a file system for it: most tests are about what happens, not where. */
const inMemory: string = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A new empty directory, which the caller removes. */
export function newDirectory(parent: string = inMemory): string {
  return fs.mkdtempSync(join(parent, "sftp-test-"));
}

/** A new empty directory, removed when the test has ended. */
export function freshDirectory(): string {
  const path = newDirectory();
  onTestFinished(() => fs.rmSync(path, { recursive: true, force: true }));
  return path;
}
