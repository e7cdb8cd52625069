import { StoreError } from "@borgstore/core";
import type { TreeEntry } from "./tree-entry.ts";

/** A piece of a file. */
export interface ChunkReference {
  /** SHA-256 of the piece, 64 hex digits; the chunk is `data/<id>`. */
  readonly id: string;
  /** Bytes, at least 1. */
  readonly size: number;
}

/** One entry of a snapshot; only files have chunks, in order. */
export interface ManifestEntry extends TreeEntry {
  readonly chunks?: readonly ChunkReference[];
}

/** A snapshot of a directory: everything needed to make it again, apart from the chunks. */
export interface Manifest {
  readonly format: "borgstore-demo-1";
  /** When the snapshot was taken, ISO 8601 in UTC. */
  readonly takenAt: string;
  /** The directory it was taken of. */
  readonly directory: string;
  /** Directories before what is in them. */
  readonly entries: readonly ManifestEntry[];
}

/** All snapshots are `config/snapshot-…`. */
export const snapshotPrefix = "snapshot-";

/** A name that no other snapshot has: the time to the millisecond and 32 random bits. */
export function snapshotName(takenAt: string): string {
  const time = takenAt.toLowerCase().replaceAll(/[^0-9tz]/g, "");
  const random = crypto.getRandomValues(new Uint8Array(4));
  return `config/${snapshotPrefix}${time}-${Buffer.from(random).toString("hex")}`;
}

/** The bytes of a manifest: JSON in UTF-8. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return Buffer.from(JSON.stringify(manifest));
}

/**
 * Reads a manifest and checks everything that a restore relies on, above all that no path leads out of the
 * directory that is restored into.
 *
 * @throws StoreError `INTEGRITY`.
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch (error) {
    throw new StoreError("INTEGRITY", { detail: "the snapshot is not JSON", cause: error });
  }
  const manifest = value as Partial<Manifest> | null;
  if (manifest?.format !== "borgstore-demo-1" || !Array.isArray(manifest.entries)) {
    throw new StoreError("INTEGRITY", { detail: "the snapshot is not one of this demo" });
  }
  const bad = (manifest as Manifest).entries.find((entry) => !isSound(entry));
  if (bad !== undefined) {
    throw new StoreError("INTEGRITY", { detail: `the snapshot has a bad entry: ${JSON.stringify(bad)}` });
  }
  return manifest as Manifest;
}

function isSound(entry: ManifestEntry): boolean {
  if (typeof entry.path !== "string" || !isInside(entry.path)) return false;
  if (!Number.isInteger(entry.mode) || entry.mode < 0 || entry.mode > 0o7777) return false;
  if (entry.type === "directory") return true;
  if (entry.type === "link") return typeof entry.target === "string";
  return entry.type === "file" && Array.isArray(entry.chunks) && entry.chunks.every(isSoundChunk);
}

function isInside(path: string): boolean {
  return path
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"));
}

function isSoundChunk(chunk: Partial<ChunkReference>): boolean {
  return /^[0-9a-f]{64}$/.test(chunk.id ?? "") && Number.isInteger(chunk.size) && (chunk.size ?? 0) > 0;
}
