import { mapConcurrently } from "@borgstore/core";
import { fill, openForReading } from "./chunk-file.ts";
import type { Manifest, ManifestEntry } from "./manifest.ts";
import { showPath } from "./path-text.ts";
import type { Progress } from "./progress.ts";
import { restoredMode } from "./restore.ts";
import { isUntouched, type TreeEntry } from "./tree-entry.ts";
import { lookAt, walkDirectory } from "./walk-directory.ts";

/** What a comparison works with. */
export interface CompareInput {
  readonly manifest: Manifest;
  readonly source: string;
  readonly restored: string;
  /** Directories that the snapshot left out; see `walkDirectory`. */
  readonly exclude: ReadonlySet<string>;
  /** Paths that the snapshot left out because they could not be read. */
  readonly skipped: ReadonlySet<string>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What it found. */
export interface CompareResult {
  /** Entries that are the same: files byte for byte, permissions and the targets of links too. */
  readonly equal: number;
  readonly equalFiles: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Damage: what is not as in the source although nobody touched the source. Empty when all is well. */
  readonly differences: readonly string[];
  /** Not damage: what somebody changed, removed or made in the source after the snapshot. */
  readonly changed: readonly string[];
  readonly vanished: readonly string[];
  readonly appeared: readonly string[];
}

interface Verdict {
  readonly entry: ManifestEntry;
  readonly kind: "equal" | "different" | "changed" | "vanished";
  readonly problem?: string | undefined;
  readonly error?: unknown;
}

const filesAtATime = 4;
const bufferSize = 256 * 1024;

/**
 * Compares a restored directory with its source, entry by entry and byte by byte, reading both. The restored tree
 * is walked anew, so that nothing may be missing and nothing may be there that was not stored. A difference is
 * blamed on the source only when size, times or permissions say that somebody touched it after the snapshot.
 */
export async function compareTrees(input: CompareInput): Promise<CompareResult> {
  const { manifest, progress, signal } = input;
  const startMs = performance.now();
  const restored = byPath((await walkDirectory(input.restored, { signal })).entries);
  const found = { equal: 0, equalFiles: 0, bytes: 0 };
  const differences: string[] = [];
  const changed: string[] = [];
  const vanished: string[] = [];
  const verdicts = mapConcurrently(manifest.entries, filesAtATime, async (entry): Promise<Verdict> => {
    try {
      signal.throwIfAborted();
      return await judge(input, entry, restored.get(entry.path));
    } catch (error) {
      return { entry, kind: "different", error };
    }
  });
  for await (const { entry, kind, problem, error } of verdicts) {
    if (error !== undefined) throw error;
    if (kind === "equal") found.equal++;
    else if (kind === "changed") changed.push(entry.path);
    else if (kind === "vanished") vanished.push(entry.path);
    else differences.push(`${showPath(entry.path)}: ${problem}`);
    if (entry.type !== "file") continue;
    if (kind === "equal") {
      found.equalFiles++;
      found.bytes += entry.size;
    }
    progress.advance(1, entry.size);
  }

  const stored = new Set(manifest.entries.map((entry) => entry.path));
  for (const path of restored.keys()) {
    if (!stored.has(path)) differences.push(`${showPath(path)}: restored, but not in the snapshot`);
  }
  const source = await walkDirectory(input.source, input);
  const appeared = source.entries
    .map((entry) => entry.path)
    .filter((path) => !stored.has(path) && !input.skipped.has(path));
  const seconds = (performance.now() - startMs) / 1000;
  return { ...found, seconds, differences, changed, vanished, appeared };
}

function byPath(entries: readonly TreeEntry[]): Map<string, TreeEntry> {
  return new Map(entries.map((entry) => [entry.path, entry]));
}

async function judge(
  input: CompareInput,
  entry: ManifestEntry,
  restored: TreeEntry | undefined,
): Promise<Verdict> {
  let problem: string | undefined;
  let cause: unknown;
  try {
    problem = await compareEntry(input, entry, restored);
    if (problem === undefined) return { entry, kind: "equal" };
  } catch (error) {
    // The source may be gone or replaced by something else; anything else is thrown below.
    cause = error;
  }
  const now = await lookAt(input.source, entry.path, input.exclude);
  if (now === undefined) return { entry, kind: "vanished" };
  if ("reason" in now || !isUntouched(entry, now)) return { entry, kind: "changed" };
  if (cause !== undefined) throw cause;
  return { entry, kind: "different", problem };
}

/** Says what is not the same, or `undefined`. */
async function compareEntry(
  input: CompareInput,
  entry: ManifestEntry,
  restored: TreeEntry | undefined,
): Promise<string | undefined> {
  if (restored === undefined) return "not restored";
  if (restored.type !== entry.type) return `restored as a ${restored.type}, was a ${entry.type}`;
  if (entry.type === "file") {
    const paths = [`${input.source}/${entry.path}`, `${input.restored}/${entry.path}`] as const;
    const problem = await compareFiles(...paths);
    if (problem !== undefined) return problem;
  }
  const now = await lookAt(input.source, entry.path, input.exclude);
  if (now === undefined || "reason" in now || now.type !== entry.type) return "no longer the same thing";
  if (entry.type === "link") return restored.target === now.target ? undefined : "the link points elsewhere";
  const mode = restoredMode(now.mode);
  return restored.mode === mode
    ? undefined
    : `restored with mode ${octal(restored.mode)} instead of ${octal(mode)}`;
}

/** Says where two files differ, or `undefined`. Reads both to their ends, in pieces. */
async function compareFiles(source: string, restored: string): Promise<string | undefined> {
  const left = await openForReading(source);
  try {
    const right = await openForReading(restored);
    try {
      const buffers = [Buffer.allocUnsafe(bufferSize), Buffer.allocUnsafe(bufferSize)] as const;
      for (let offset = 0; ; offset += bufferSize) {
        const [a, b] = await Promise.all([fill(left, buffers[0]), fill(right, buffers[1])]);
        if (!a.equals(b)) return `differs between byte ${offset} and ${offset + bufferSize}`;
        if (a.byteLength < bufferSize) return undefined;
      }
    } finally {
      await right.close();
    }
  } finally {
    await left.close();
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
