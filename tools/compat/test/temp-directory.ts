import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";

/**
 * A fresh directory that is removed when the test file is done. It is made when the first test starts: of a file whose
 * tests are all skipped nothing would remove it.
 */
export function temporaryDirectory(): string {
  const directory = path.join(tmpdir(), `borgstore-compat-${randomUUID()}`);
  beforeAll(() => void mkdirSync(directory, { recursive: true, mode: 0o700 }));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** SHA-256 as lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** All files below a directory: relative path with slashes → SHA-256 of the content. */
export function filesBelow(directory: string): Record<string, string> {
  const found: [string, string][] = [];
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    found.push([path.relative(directory, file).split(path.sep).join("/"), sha256(readFileSync(file))]);
  }
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * {@link filesBelow} without temporary files: those of golden stores have old times, and are removed as leftovers of a
 * crash.
 */
export function lastingFiles(directory: string): Record<string, string> {
  const files = Object.entries(filesBelow(directory));
  return Object.fromEntries(files.filter(([name]) => !name.endsWith(".tmp")));
}

/** The `file:` URL of a directory, as both implementations take it. */
export function fileUrl(directory: string): string {
  return pathToFileURL(directory).href;
}
