import { chmod, mkdir, open, rm, symlink } from "node:fs/promises";
import { mapConcurrently, StoreError, type Store } from "@borgstore/core";
import { chunkId, loadRange } from "./chunk-file.ts";
import type { ChunkReference, Manifest, ManifestEntry } from "./manifest.ts";
import { encodePath } from "./path-text.ts";
import type { Progress } from "./progress.ts";
import { failedLook } from "./walk-directory.ts";

/** What a restore works with. */
export interface RestoreInput {
  readonly store: Store;
  readonly manifest: Manifest;
  /** Where the snapshot was taken: damaged chunks are mended from there, when they are still the same. */
  readonly source: string;
  /** An empty directory. */
  readonly target: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What became of it. */
export interface RestoreResult {
  readonly files: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Ids of chunks that were missing or damaged in the store, and have been stored again from the source. */
  readonly mended: readonly string[];
  /** The same where the source has changed: damaged ones are soft-deleted now, so that no later run trusts them. */
  readonly lost: readonly string[];
  /** Files that are not restored because of a lost chunk. */
  readonly incomplete: readonly string[];
}

interface Damage {
  readonly mended: Set<string>;
  readonly lost: Set<string>;
}

const filesAtATime = 8;
const chunksAheadInAFile = 4;

/**
 * Makes the directory of a snapshot again: contents, permissions, links, empty directories. Every chunk's SHA-256
 * is computed and compared with its name. Links come after all files, so that nothing is ever written through one.
 */
export async function restore(input: RestoreInput): Promise<RestoreResult> {
  const { manifest, target, signal, progress } = input;
  const damage: Damage = { mended: new Set(), lost: new Set() };
  const incomplete: string[] = [];
  const startMs = performance.now();
  const directories = manifest.entries.filter((entry) => entry.type === "directory");
  const files = manifest.entries.filter((entry) => entry.type === "file");
  const links = manifest.entries.filter((entry) => entry.type === "link");
  for (const { path } of directories) await mkdir(encodePath(`${target}/${path}`), { mode: 0o700 });

  let bytes = 0;
  const restored = mapConcurrently(files, filesAtATime, async (entry): Promise<RestoredFile> => {
    try {
      return { entry, ...(await restoreFile(input, entry, damage)) };
    } catch (error) {
      return { entry, bytes: 0, isComplete: false, error };
    }
  });
  for await (const file of restored) {
    if (file.error !== undefined) throw file.error;
    bytes += file.bytes;
    if (!file.isComplete) incomplete.push(file.entry.path);
    progress.advance(1, file.bytes);
  }

  for (const { path, target: destination = "" } of links) {
    signal.throwIfAborted();
    await symlink(encodePath(destination), encodePath(`${target}/${path}`));
  }
  // Inner ones first, and only now: nothing can be made in a directory without write permission.
  for (const { path, mode } of directories.toReversed()) {
    signal.throwIfAborted();
    await chmod(encodePath(`${target}/${path}`), restoredMode(mode));
  }
  return {
    files: files.length - incomplete.length,
    bytes,
    seconds: (performance.now() - startMs) / 1000,
    mended: [...damage.mended],
    lost: [...damage.lost],
    incomplete,
  };
}

/**
 * The permission bits that are given back: read, write, execute. Not set-user-id, set-group-id and sticky: a
 * temporary copy of a privileged program must not be privileged.
 */
export function restoredMode(mode: number): number {
  return mode & 0o777;
}

interface RestoredFile {
  readonly entry: ManifestEntry;
  readonly bytes: number;
  readonly isComplete: boolean;
  readonly error?: unknown;
}

async function restoreFile(
  input: RestoreInput,
  entry: ManifestEntry,
  damage: Damage,
): Promise<{ bytes: number; isComplete: boolean }> {
  const { store, signal } = input;
  signal.throwIfAborted();
  const chunks = entry.chunks ?? [];
  const path = encodePath(`${input.target}/${entry.path}`);
  const handle = await open(path, "wx", 0o600);
  let offset = 0;
  let isComplete = true;
  try {
    const requests = chunks.map((chunk) => ({ name: `data/${chunk.id}` }));
    const loads = store.loadMany(requests, { concurrency: chunksAheadInAFile, signal });
    let index = 0;
    for await (const { value, error } of loads) {
      const chunk = chunks[index++] as ChunkReference;
      const piece = isGood(value, chunk) ? value : await mend(input, entry, offset, chunk, damage, error);
      if (piece === undefined) {
        isComplete = false;
        break;
      }
      await handle.writeFile(piece);
      offset += piece.byteLength;
    }
    // By the handle, after the last write: with a mode without write permission too.
    await handle.chmod(restoredMode(entry.mode));
  } finally {
    await handle.close();
  }
  if (!isComplete) await rm(path);
  return { bytes: offset, isComplete };
}

function isGood(value: Uint8Array | undefined, { id, size }: ChunkReference): value is Uint8Array {
  return value !== undefined && value.byteLength === size && chunkId(value) === id;
}

/**
 * Stores a missing or damaged chunk again from the source, if it is still there unchanged, and returns its bytes.
 * Otherwise puts a damaged one aside and returns `undefined`. Any other failure of the store is thrown.
 */
async function mend(
  { store, source, signal }: RestoreInput,
  entry: ManifestEntry,
  offset: number,
  chunk: ChunkReference,
  damage: Damage,
  error: unknown,
): Promise<Uint8Array | undefined> {
  const isMissing = StoreError.is(error, "NOT_FOUND");
  if (error !== undefined && !isMissing && !StoreError.is(error, "INTEGRITY")) throw error;
  const name = `data/${chunk.id}`;
  const piece = await loadSource(`${source}/${entry.path}`, offset, chunk.size);
  if (piece !== undefined && chunkId(piece) === chunk.id) {
    await store.store(name, piece, { signal });
    damage.mended.add(chunk.id);
    return piece;
  }
  damage.lost.add(chunk.id);
  if (!isMissing) {
    try {
      await store.softDelete(name, { signal });
    } catch (failure) {
      // Another file with the same chunk was faster.
      if (!StoreError.is(failure, "NOT_FOUND")) throw failure;
    }
  }
  return undefined;
}

async function loadSource(path: string, offset: number, size: number): Promise<Uint8Array | undefined> {
  try {
    return await loadRange(path, offset, size);
  } catch (error) {
    // Gone or no longer readable: the store's copy was the last one.
    failedLook(path, error);
    return undefined;
  }
}
