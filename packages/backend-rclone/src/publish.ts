import { StoreError, throwIfAborted, type TempNames, type CallSignal } from "@borgstore/core";
import { publishesUploads, replacesByMoving } from "./features.ts";
import type { MadeDirectories } from "./made-directories.ts";
import type { NameLocks } from "./name-locks.ts";
import type { Call } from "./rc-client.ts";
import { isNoObject, type Remote } from "./remote.ts";
import type { ReplaceProbe } from "./replace-probe.ts";

/** What changes objects, and what is shared by all changes of a session. */
export interface ChangeContext {
  readonly remote: Remote;
  readonly tempNames: TempNames;
  readonly locks: NameLocks;
  readonly directories: MadeDirectories;
  readonly probe: ReplaceProbe;
  readonly allowUnsafeReplace: boolean;
}

/**
 * Runs what changes objects: one change at a time has a name in this process. Most take several steps, and two could undo
 * each other's, or take the other's value for one that was not stored; and some services keep two objects of one name.
 */
export async function changing<T>(
  { remote, locks }: ChangeContext,
  names: readonly string[],
  signal: CallSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  return await locks.run(
    names.map((name) => remote.pathOf(name)),
    signal,
    work,
  );
}

/**
 * Whether it must be known what has a name before something is moved there: moving could replace a directory, or keep
 * both objects.
 */
export function mustLook({ features }: Remote): boolean {
  return !publishesUploads(features) && !replacesByMoving(features);
}

/** @throws StoreError when what has the name may not be replaced. */
export function mayReplace(
  { allowUnsafeReplace }: ChangeContext,
  found: "object" | "directory" | undefined,
): void {
  if (found === "directory") throw new StoreError("IS_DIRECTORY");
  if (found === undefined || allowUnsafeReplace) return;
  throw new StoreError("UNSUPPORTED", {
    detail:
      "this remote cannot replace an object in one step; delete it first, or see the option allowUnsafeReplace",
  });
}

/**
 * Gives a complete object a name, in one step where the remote can.
 *
 * @param found what has the name, where it must be known
 */
export async function publish(
  context: ChangeContext,
  from: string,
  to: string,
  found: "object" | undefined,
  call: Call,
): Promise<void> {
  const { remote, probe } = context;
  if (found === undefined || (await probe.replaces(call.signal))) await remote.move(from, to, call);
  else await replaceUnsafely(remote, from, to, call);
}

/**
 * Puts aside what has the name, until the new object has it; a crash in between leaves it as `NAME.hid`, which no
 * listing shows. The new one then still has the name that it came from.
 */
async function replaceUnsafely(remote: Remote, from: string, to: string, call: Call): Promise<void> {
  const aside = `${to}.hid`;
  // Left there by a crash: the older value, since something has the name.
  if ((await remote.stat(aside, call)) !== undefined) await deleteUnlessMissing(remote, aside, call);
  throwIfAborted(call.signal);
  // What is begun now is ended: half of it would leave nothing under the name.
  const sure: Call = { ...call, signal: undefined };
  try {
    await moveUnlessMissing(remote, to, aside, sure);
    await remote.move(from, to, sure);
  } catch (error) {
    await putBack(remote, aside, to, sure);
    throw error;
  }
  // The new value stays, whatever comes of this.
  await remote.delete(aside, sure).catch(() => undefined);
}

/** Nobody has the old value otherwise. If this fails too, it stays where a person can find it. */
async function putBack(remote: Remote, aside: string, to: string, call: Call): Promise<void> {
  try {
    if ((await remote.stat(to, call)) === undefined) await remote.move(aside, to, call);
  } catch {
    // What it failed with before is what counts.
  }
}

/** Another process may have been faster: then nothing is in the way any more. */
async function moveUnlessMissing(remote: Remote, from: string, to: string, call: Call): Promise<void> {
  try {
    await remote.move(from, to, call);
  } catch (error) {
    if (!isNoObject(error)) throw error;
  }
}

async function deleteUnlessMissing(remote: Remote, name: string, call: Call): Promise<void> {
  try {
    await remote.delete(name, call);
  } catch (error) {
    if (!isNoObject(error)) throw error;
  }
}
