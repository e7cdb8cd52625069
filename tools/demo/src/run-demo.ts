import { redactUrl } from "@borgstore/core";
import type { DemoArguments } from "./arguments.ts";
import { checkDirectory } from "./choose-directory.ts";
import { defaultUrl, openDemoDirectory, removeStaleRestores } from "./demo-directory.ts";
import { plural } from "./format.ts";
import type { Progress } from "./progress.ts";
import { saySummary, type DemoReport } from "./report.ts";
import {
  backUpDirectory,
  lookIntoStore,
  restoreAndCompare,
  showOperations,
  storeSnapshot,
  type StepContext,
} from "./steps.ts";
import { effectiveUrl, listContent, openDemoStore } from "./storage.ts";

/** What a run of the demo works with. */
export interface DemoEnvironment {
  readonly args: DemoArguments;
  /** Writes one line of the report. */
  readonly say: (line: string) => void;
  /** Asks a question; `undefined` where there is nobody to ask. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<boolean>) | undefined;
  readonly progress: Progress;
  /** Aborted when the run shall stop; the store is closed and the restored directory removed all the same. */
  readonly signal: AbortSignal;
}

/**
 * Runs the whole demo and returns its figures. One run at a time on one storage: the change of level needs its
 * namespace for itself.
 *
 * @throws StoreError as the store does, `INVALID_ARGUMENT` for the arguments, `INTEGRITY` when an operation did not
 *   do what it should; `signal.reason` when it was stopped.
 */
export async function runDemo(env: DemoEnvironment): Promise<DemoReport> {
  const { args, say, signal, progress } = env;
  // Before a storage is made for it.
  if (args.directory !== undefined) await checkDirectory(args.directory);
  const demoDirectory = await openDemoDirectory();
  const url = effectiveUrl(args.url ?? defaultUrl(demoDirectory));
  say(`1. Open the store ${redactUrl(url)}`);
  const stale = await removeStaleRestores(demoDirectory);
  if (stale > 0) say(`   removed what ${plural(stale, "killed run")} had restored`);
  const place = { url, sshConfigFile: args.sshConfigFile };
  const store = await openDemoStore(place, signal);
  const context: StepContext = { ...place, demoDirectory, store, say, progress, signal };
  try {
    const report = await runSteps(context, args.directory);
    const destroyed = await destroyIfWanted(env, context);
    return { ...report, destroyed };
  } catch (error) {
    progress.stop();
    if (signal.aborted) await sayState(context);
    await closeAfterFailure(context);
    throw error;
  }
}

async function runSteps(
  context: StepContext,
  askedDirectory: string | undefined,
): Promise<Omit<DemoReport, "destroyed">> {
  const { store, say } = context;
  const startedAt = new Date().toISOString();
  const content = await lookIntoStore(context, startedAt);
  const { chosen, exclude, backup } = await backUpDirectory(context, askedDirectory, content);
  const snapshot = await storeSnapshot(context, chosen, backup, startedAt);
  const skipped = [...chosen.tree.skipped, ...backup.skipped];
  const { restored, compared } = await restoreAndCompare(
    context,
    snapshot,
    chosen.directory,
    exclude,
    skipped,
  );
  const changeLevel = await showOperations(context, backup);
  const report = {
    url: redactUrl(context.url),
    directory: chosen.directory,
    found: { chunks: content.chunks.size, snapshots: content.snapshots.length },
    backup: backup.figures,
    skipped,
    snapshot,
    restored,
    compared,
    changeLevel,
    operations: store.stats.operations,
  };
  say("6. Figures");
  saySummary(say, report);
  return report;
}

async function destroyIfWanted({ args, ask }: DemoEnvironment, context: StepContext): Promise<boolean> {
  const { url, store, say, signal } = context;
  say("7. The end");
  const wanted =
    args.destroy ??
    (await ask?.(`   Destroy the store ${redactUrl(url)} and all that is in it? [y/N] `, signal));
  await store.close({ signal });
  if (wanted !== true) {
    const lives = url.startsWith("memory:")
      ? "is gone with this process"
      : "stays; the next run will reuse its chunks";
    say(`   the store ${lives}`);
    return false;
  }
  say("   destroying it");
  try {
    await store.destroy({ signal });
  } catch (error) {
    say("   NOT ALL of it is destroyed; what is left can be destroyed again with --destroy");
    throw error;
  }
  say("   the store is destroyed");
  return true;
}

/** Closes the store without hiding why the run failed. */
async function closeAfterFailure({ store, say }: StepContext): Promise<void> {
  try {
    await store.close();
  } catch (error) {
    say(`The store could not be closed as it should: ${(error as Error).message}`);
  }
}

/** Says what a stopped run leaves behind. */
async function sayState({ store, say }: StepContext): Promise<void> {
  if (!store.isOpen) return;
  try {
    const { chunks, snapshots } = await listContent(store, undefined);
    say(
      `Stopped. The store is in order and holds ${plural(chunks.size, "chunk")} and ` +
        `${plural(snapshots.length, "snapshot")}; the next run reuses them.`,
    );
  } catch (error) {
    say(`Stopped. What the store holds could not be found out: ${(error as Error).message}`);
  }
}
