import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** In memory where there is a file system for it: most tests are about what happens, not where. */
const inMemory = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A new empty directory, removed when the test has ended. */
export function freshDirectory(parent = inMemory): string {
  const path = fs.mkdtempSync(join(parent, "posixfs-test-"));
  onTestFinished(() => fs.rmSync(path, { recursive: true, force: true }));
  return path;
}
