import { StoreError, type Store } from "@borgstore/core";
import { backUp, type BackupResult } from "./backup.ts";
import { changeLevelWhileReading, movedNamespace, type ChangeLevelResult } from "./change-level.ts";
import { chooseDirectory, type ChosenDirectory } from "./choose-directory.ts";
import { compareTrees, type CompareResult } from "./compare-trees.ts";
import { makeRestoreDirectory, removeTree } from "./demo-directory.ts";
import { formatBytes, formatCount, formatRate, formatSeconds, plural } from "./format.ts";
import { decodeManifest, encodeManifest, snapshotName, type Manifest } from "./manifest.ts";
import type { Progress } from "./progress.ts";
import { sayCompared, sayPaths } from "./report.ts";
import { restore, type RestoreResult } from "./restore.ts";
import { showList, showPartialLoad, showSoftDelete } from "./show-item-operations.ts";
import {
  listContent,
  openWithLevels,
  ownDirectories,
  type StorageContent,
  type StoragePlace,
} from "./storage.ts";
import { findUnfinishedRun, markFinished, markUnfinished } from "./unfinished-mark.ts";
import type { Skipped } from "./walk-directory.ts";

/** What every step works with. */
export interface StepContext extends StoragePlace {
  readonly demoDirectory: string;
  readonly store: Store;
  /** Writes one line of the report. */
  readonly say: (line: string) => void;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Lists what earlier runs left, and marks this one as started. */
export async function lookIntoStore(context: StepContext, startedAt: string): Promise<StorageContent> {
  const { store, say, signal } = context;
  const content = await listContent(store, signal);
  const { chunks, chunkBytes, snapshots } = content;
  const unfinished = await findUnfinishedRun(store, signal);
  if (chunks.size === 0 && snapshots.length === 0) say("   it is empty");
  else {
    const held = `${plural(chunks.size, "chunk")} of ${formatBytes(chunkBytes)} and ${plural(snapshots.length, "snapshot")}`;
    say(`   found the store of an earlier run: it holds ${held}`);
  }
  if (unfinished !== undefined) {
    say(
      `   a run started ${unfinished} was stopped before its snapshot; the chunks it stored are used again`,
    );
  }
  await markUnfinished(store, startedAt, signal);
  return content;
}

/** Walks the directory, stores the chunks that are missing, and makes them durable. */
export async function backUpDirectory(
  context: StepContext,
  askedDirectory: string | undefined,
  content: StorageContent,
): Promise<{ chosen: ChosenDirectory; exclude: ReadonlySet<string>; backup: BackupResult }> {
  const { url, demoDirectory, store, say, progress, signal } = context;
  const exclude = await ownDirectories(url, demoDirectory);
  const chosen = await chooseDirectory(askedDirectory, { signal, exclude });
  const { directory, tree } = chosen;
  const files = tree.entries.filter(({ type }) => type === "file");
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  say(`2. Back up ${directory}`);
  const links = tree.entries.filter(({ type }) => type === "link").length;
  const directories = tree.entries.length - files.length - links;
  say(
    `   ${plural(files.length, "file")} of ${formatBytes(bytes)}, ${plural(directories, "directory")}, ${plural(links, "link")}`,
  );

  progress.start("storing", "files", files.length, bytes);
  const backup = await backUp({ store, directory, tree, known: content.chunks, progress, signal });
  progress.stop();
  const { figures } = backup;
  say(
    `   ${plural(figures.chunks, "chunk")}, ${formatCount(figures.differentChunks)} different ones: ` +
      `${formatCount(figures.newChunks)} stored (${formatBytes(figures.newBytes)}), ` +
      `${formatCount(figures.reusedChunks)} reused (${formatBytes(figures.reusedBytes)})`,
  );
  if (figures.replacedChunks > 0) {
    say(
      `   ${plural(figures.replacedChunks, "chunk")} in the store had a wrong length and were stored again`,
    );
  }
  say(`   ${formatSeconds(figures.seconds)}, ${formatRate(figures.bytes, figures.seconds)} read`);
  sayPaths(say, "left out", [...tree.skipped, ...backup.skipped]);
  if (figures.vanished > 0) say(`   ${plural(figures.vanished, "file")} vanished before being read`);
  return { chosen, exclude, backup };
}

/**
 * Stores the snapshot's manifest, after everything it refers to has become durable, and makes it durable too.
 * Returns its name.
 */
export async function storeSnapshot(
  context: StepContext,
  { directory }: ChosenDirectory,
  { entries }: BackupResult,
  takenAt: string,
): Promise<string> {
  const { store, say, signal } = context;
  say("3. Write the snapshot");
  const syncStartMs = performance.now();
  await store.sync({ signal });
  const syncSeconds = (performance.now() - syncStartMs) / 1000;
  const manifest: Manifest = { format: "borgstore-demo-1", takenAt, directory, entries };
  const bytes = encodeManifest(manifest);
  const name = snapshotName(takenAt);
  try {
    await store.store(name, bytes, { ifAbsent: true, signal });
  } catch (error) {
    // The name is a new one in any case: 32 random bits and the time.
    if (!StoreError.is(error, "UNSUPPORTED")) throw error;
    await store.store(name, bytes, { signal });
  }
  await store.sync({ signal });
  await markFinished(store, signal);
  say(
    `   all chunks durable after ${formatSeconds(syncSeconds)}; then ${name}, ${formatBytes(bytes.byteLength)}`,
  );
  return name;
}

/** Restores a snapshot into a temporary directory, compares it with its source, and removes it again. */
export async function restoreAndCompare(
  context: StepContext,
  snapshot: string,
  source: string,
  exclude: ReadonlySet<string>,
  skipped: readonly Skipped[],
): Promise<{ restored: RestoreResult; compared: CompareResult }> {
  const { demoDirectory, store, say, progress, signal } = context;
  const target = await makeRestoreDirectory(demoDirectory);
  try {
    say(`4. Restore it into ${target} and compare`);
    const manifest = decodeManifest(await store.load(snapshot, { signal }));
    const files = manifest.entries.filter(({ type }) => type === "file");
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    progress.start("restoring", "files", files.length, bytes);
    const restored = await restore({ store, manifest, source, target, progress, signal });
    progress.stop();
    if (restored.mended.length > 0) await store.sync({ signal });
    say(
      `   restored ${plural(restored.files, "file")} of ${formatBytes(restored.bytes)} in ` +
        `${formatSeconds(restored.seconds)}, ${formatRate(restored.bytes, restored.seconds)}, every SHA-256 checked`,
    );
    sayPaths(say, "damaged chunks, stored again from the source", restored.mended);
    sayPaths(say, "LOST chunks, damaged and no longer in the source", restored.lost);
    sayPaths(say, "NOT RESTORED for want of a chunk", restored.incomplete);

    progress.start("comparing", "files", files.length, bytes);
    const compared = await compareTrees({
      manifest,
      source,
      restored: target,
      exclude,
      skipped: new Set(skipped.map(({ path }) => path)),
      progress,
      signal,
    });
    progress.stop();
    sayCompared(say, compared);
    return { restored, compared };
  } finally {
    progress.stop();
    await removeTree(target);
  }
}

/** Shows what else a store can do. Returns how the change of level went. */
export async function showOperations(
  context: StepContext,
  { entries }: BackupResult,
): Promise<ChangeLevelResult> {
  const { store, say, progress, signal } = context;
  say("5. What else a store can do");
  const input = { store, say: (line: string) => say(`   ${line}`), signal };
  await showPartialLoad(input, entries);
  await showSoftDelete(input);
  const result = await changeLevelWhileReading({
    store,
    openWithLevels: async (levels) => await openWithLevels(context, levels, signal),
    progress,
    signal,
  });
  if (result.leftovers > 0) {
    say(`   removed ${plural(result.leftovers, "item")} that a stopped run had left in ${movedNamespace}/`);
  }
  say(
    `   change of level: ${plural(result.items, "item")} of ${movedNamespace}/ moved from level 1 to 2 in ` +
      `${formatSeconds(result.seconds)}, with ${formatCount(result.loads)} loads meanwhile ` +
      `(${formatCount(result.loadsOfMoving)} of an item on its way); none missed`,
  );
  await showList(input, "data");
  return result;
}
