import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new empty directory, removed when the test has ended. */
export function freshDirectory(): string {
  const path = fs.mkdtempSync(join(tmpdir(), "posixfs-test-"));
  onTestFinished(() => fs.rmSync(path, { recursive: true, force: true }));
  return path;
}
