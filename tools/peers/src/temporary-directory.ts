import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { killRunning } from "./bound-process.ts";

const directories = new Set<string>();

/** Makes a new directory, private to the user. It is removed when this process exits, at the latest. */
export function makeTemporaryDirectory(prefix: string): string {
  if (!process.listeners("exit").includes(removeAll)) process.on("exit", removeAll);
  const directory = mkdtempSync(path.join(tmpdir(), prefix));
  directories.add(directory);
  return directory;
}

/** Removes one with all that is in it. May be called twice. */
export function removeTemporaryDirectory(directory: string): void {
  // A process that was killed just now may still finish writing a file.
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  directories.delete(directory);
}

function removeAll(): void {
  if (directories.size > 0) killRunning();
  for (const directory of directories) removeTemporaryDirectory(directory);
}
