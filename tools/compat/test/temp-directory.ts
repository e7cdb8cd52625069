import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createHash } from "node:crypto";
import { afterAll } from "vitest";

/** A fresh directory that is removed when the test file is done. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), "borgstore-compat-"));
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

/** The `file:` URL of a directory, as both implementations take it. */
export function fileUrl(directory: string): string {
  return pathToFileURL(directory).href;
}
