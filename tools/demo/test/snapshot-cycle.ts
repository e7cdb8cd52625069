import { mkdir } from "node:fs/promises";
import { memoryBackend, Store } from "@borgstore/core";
import { backUp, type BackupResult } from "../src/backup.ts";
import { compareTrees, type CompareResult } from "../src/compare-trees.ts";
import type { Manifest } from "../src/manifest.ts";
import { Progress } from "../src/progress.ts";
import { restore, type RestoreResult } from "../src/restore.ts";
import { walkDirectory } from "../src/walk-directory.ts";
import { tempDirectory } from "./temp-directory.ts";

/** Backup, restore and comparison of a small directory over a store in memory, step by step. */
export class SnapshotCycle {
  readonly store: Store;
  readonly source: string;
  readonly target: string;
  readonly #progress = new Progress({ write: () => undefined }, { lineMs: 3_600_000 });
  readonly #signal = new AbortController().signal;
  #manifest: Manifest | undefined;

  private constructor(store: Store, directory: string) {
    this.store = store;
    this.source = `${directory}/source`;
    this.target = `${directory}/target`;
  }

  static async start(): Promise<SnapshotCycle> {
    const store = new Store({
      backend: memoryBackend(),
      namespaces: { config: { levels: [0] }, data: { levels: [2] } },
    });
    await store.create();
    await store.open();
    const cycle = new SnapshotCycle(store, await tempDirectory());
    await mkdir(cycle.source);
    await mkdir(cycle.target);
    return cycle;
  }

  async backUp(known: ReadonlyMap<string, number> = new Map()): Promise<BackupResult> {
    const { store, source: directory } = this;
    const tree = await walkDirectory(directory, { signal: this.#signal });
    const result = await backUp({
      store,
      directory,
      tree,
      known,
      progress: this.#progress,
      signal: this.#signal,
    });
    this.#manifest = { format: "borgstore-demo-1", takenAt: "", directory, entries: result.entries };
    return result;
  }

  async restore(): Promise<RestoreResult> {
    const { store, source, target } = this;
    const manifest = this.#manifest as Manifest;
    return await restore({ store, manifest, source, target, progress: this.#progress, signal: this.#signal });
  }

  async compare(): Promise<CompareResult> {
    return await compareTrees({
      manifest: this.#manifest as Manifest,
      source: this.source,
      restored: this.target,
      exclude: new Set(),
      skipped: new Set(),
      progress: this.#progress,
      signal: this.#signal,
    });
  }
}
