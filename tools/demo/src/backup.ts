import { mapConcurrently, type Store } from "@borgstore/core";
import { chunkFile, chunkId, chunkSize } from "./chunk-file.ts";
import type { ChunkReference, ManifestEntry } from "./manifest.ts";
import type { Progress } from "./progress.ts";
import type { TreeEntry } from "./tree-entry.ts";
import { failedLook, type Skipped, type Tree } from "./walk-directory.ts";

/** What a backup works with. */
export interface BackupInput {
  readonly store: Store;
  /** The directory to back up, and what a walk saw of it. */
  readonly directory: string;
  readonly tree: Tree;
  /** The chunks that the store holds already: id → size in bytes. */
  readonly known: ReadonlyMap<string, number>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What became of it. */
export interface BackupResult {
  readonly entries: readonly ManifestEntry[];
  /** Files that could not be read. */
  readonly skipped: readonly Skipped[];
  readonly figures: BackupFigures;
}

/** Figures of a backup. */
export interface BackupFigures {
  files: number;
  directories: number;
  links: number;
  /** Files that vanished between the walk and the reading. */
  vanished: number;
  /** Length of all files. */
  bytes: number;
  /** Chunks of all files, and how many of them are different ones. */
  chunks: number;
  differentChunks: number;
  differentBytes: number;
  /** Of the different ones: stored now, and found in the store. */
  newChunks: number;
  newBytes: number;
  reusedChunks: number;
  reusedBytes: number;
  /** Of the new ones: were in the store with a wrong length, and have been replaced. */
  replacedChunks: number;
  seconds: number;
}

/** Small files read ahead of the one that is being stored: at most so many times a chunk of memory. */
const readAhead = 8;

/**
 * Stores every chunk that the store does not hold yet, each once. What is known to be there is not asked for again:
 * the one listing has said it, with the length, and stores are atomic. (That its bytes are still the right ones
 * shows the restore, which computes every chunk's SHA-256 again and mends what is wrong.)
 *
 * Memory stays bounded whatever the files' sizes: the chunks being stored and those read ahead. The first
 * failure of the store ends it; a file that cannot be read is left out and reported.
 */
export async function backUp(input: BackupInput): Promise<BackupResult> {
  const { store, tree, known, progress, signal } = input;
  const entries: ManifestEntry[] = [];
  const skipped: Skipped[] = [];
  const figures = noFigures();
  const seen = new Set<string>();
  const startMs = performance.now();

  async function* newChunks(): AsyncGenerator<{ name: string; value: Uint8Array }, void, undefined> {
    const files = mapConcurrently(tree.entries, readAhead, (entry) => startReading(input.directory, entry));
    for await (const { entry, pieces, failure } of files) {
      signal.throwIfAborted();
      const chunks: ChunkReference[] = [];
      try {
        if (failure !== undefined) throw failure;
        for await (const piece of pieces) {
          const id = chunkId(piece);
          chunks.push({ id, size: piece.byteLength });
          if (needsStoring(id, piece.byteLength)) yield { name: `data/${id}`, value: piece };
          progress.advance(0, piece.byteLength);
        }
      } catch (error) {
        const unreadable = failedLook(entry.path, error);
        if (unreadable === undefined) figures.vanished++;
        else skipped.push(unreadable);
        continue;
      }
      entries.push(entry.type === "file" ? { ...entry, chunks } : entry);
      countEntry(figures, entry, chunks);
      if (entry.type === "file") progress.advance(1);
    }
  }

  function needsStoring(id: string, size: number): boolean {
    if (seen.has(id)) return false;
    seen.add(id);
    figures.differentChunks++;
    figures.differentBytes += size;
    const knownSize = known.get(id);
    if (knownSize === size) {
      figures.reusedChunks++;
      figures.reusedBytes += size;
      return false;
    }
    if (knownSize !== undefined) figures.replacedChunks++;
    figures.newChunks++;
    figures.newBytes += size;
    return true;
  }

  for await (const stored of store.storeMany(newChunks(), { signal })) {
    if (stored.error !== undefined) throw stored.error;
  }
  figures.seconds = (performance.now() - startMs) / 1000;
  return { entries, skipped, figures };
}

interface StartedFile {
  readonly entry: TreeEntry;
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly failure?: unknown;
}

/** Reads a small file whole; a large one is only read when its turn has come. */
async function startReading(directory: string, entry: TreeEntry): Promise<StartedFile> {
  if (entry.type !== "file") return { entry, pieces: [] };
  const pieces = chunkFile(`${directory}/${entry.path}`, entry.size);
  if (entry.size > chunkSize) return { entry, pieces };
  try {
    const read: Uint8Array[] = [];
    for await (const piece of pieces) read.push(piece);
    return { entry, pieces: read };
  } catch (error) {
    return { entry, pieces: [], failure: error };
  }
}

function countEntry(figures: BackupFigures, { type }: TreeEntry, chunks: readonly ChunkReference[]): void {
  if (type === "directory") figures.directories++;
  else if (type === "link") figures.links++;
  else figures.files++;
  figures.chunks += chunks.length;
  for (const chunk of chunks) figures.bytes += chunk.size;
}

function noFigures(): BackupFigures {
  return {
    files: 0,
    directories: 0,
    links: 0,
    vanished: 0,
    bytes: 0,
    chunks: 0,
    differentChunks: 0,
    differentBytes: 0,
    newChunks: 0,
    newBytes: 0,
    reusedChunks: 0,
    reusedBytes: 0,
    replacedChunks: 0,
    seconds: 0,
  };
}
