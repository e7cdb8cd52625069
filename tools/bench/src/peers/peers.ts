import { makeKeys } from "../measure/keys.ts";
import type { Workspace } from "../measure/workspace.ts";
import type { Subject } from "../subjects/subject.ts";
import type { PeerAdapter } from "./adapters.ts";
import { installPeers, readPeerVersions, type ImportPeer } from "./install.ts";

const trialKeys = 16;
/** Fewer for a subject that takes part with fewer only. */
const trialCallers = 4;
const trialValue = new Uint8Array(1024);

/**
 * The npm peers that can take part here, installed when they are not yet.
 *
 * @param adapters by the name of the subject
 * @param onMissing hears of each peer that cannot, with the reason, which names no places of this machine.
 * @param workspace where each peer has to make a few calls before, so that one that does not work does not end a run.
 *   Without it they are only imported.
 */
export async function openPeers(
  adapters: ReadonlyMap<string, PeerAdapter>,
  onMissing: (name: string, reason: string) => void,
  workspace?: Workspace,
): Promise<Subject[]> {
  let importPeer: ImportPeer;
  try {
    importPeer = await installPeers(readPeerVersions());
  } catch (error) {
    for (const name of adapters.keys()) onMissing(name, reasonOf(error));
    return [];
  }
  const subjects: Subject[] = [];
  for (const [name, adapter] of adapters) {
    try {
      const subject = await adapter(importPeer);
      if (workspace !== undefined) await tryPeer(subject, workspace);
      subjects.push(subject);
    } catch (error) {
      onMissing(name, reasonOf(error));
    }
  }
  return subjects;
}

/** Lets a peer make every call that it has. @throws whatever it does when one of them fails. */
export async function tryPeer(subject: Subject, workspace: Workspace): Promise<void> {
  const directory = workspace.makeDirectory();
  const keys = makeKeys(trialKeys, "trial");
  const callers = Math.min(trialCallers, ...(subject.callers ?? []));
  const opened = await subject.open(directory);
  try {
    for (const operation of ["store-new", "replace", "load", "info", "delete"] as const) {
      if (opened.has(operation)) await opened.run(operation, keys, trialValue, callers);
    }
  } finally {
    await opened.close();
    workspace.discard(directory);
  }
}

/** The first line of an error's message, without paths: what npm and Node write names places of this machine. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ""] = message.split("\n", 1);
  return line.replaceAll(/(?:file:\/\/|(?<![\w.:/-]))\/[^\s'"]+\/[^\s'"]*/g, "(a path)");
}
