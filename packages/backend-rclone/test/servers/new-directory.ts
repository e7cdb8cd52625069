import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** In memory where there is a file system for it: most tests are about what happens, not where. */
const inMemory: string = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A new empty directory, which the caller removes. */
export function newDirectory(): string {
  return fs.mkdtempSync(join(inMemory, "rclone-test-"));
}

/** With all that is in it. What was killed just now may still finish writing a file. */
export function removeDirectory(directory: string): void {
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}
