import { readFileSync, statfsSync } from "node:fs";
import { freemem } from "node:os";

/**
 * Bytes that can still be written below a directory: what its file system has free, and for one in memory no more
 * than the machine has.
 */
export function roomIn(directory: string, fileSystem: string): number {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  return fileSystem === "tmpfs" ? Math.min(free, availableMemory()) : free;
}

/** Memory in bytes that can be had without pushing anything out; caches count as free where that is known. */
function availableMemory(): number {
  let text: string;
  try {
    text = readFileSync("/proc/meminfo", "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return freemem();
    throw error;
  }
  const match = /^MemAvailable: +([0-9]+) kB$/m.exec(text);
  return match === null ? freemem() : Number(match[1]) * 1024;
}
