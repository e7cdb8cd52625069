import type { Subject } from "../subjects/subject.ts";
import type { PeerAdapter } from "./adapters.ts";
import { installPeers, readPeerVersions, type ImportPeer } from "./install.ts";

/**
 * The npm peers that can take part here, installed when they are not yet.
 *
 * @param adapters by the name of the subject
 * @param onMissing hears of each peer that cannot, with the reason.
 */
export async function openPeers(
  adapters: ReadonlyMap<string, PeerAdapter>,
  onMissing: (name: string, reason: string) => void,
): Promise<Subject[]> {
  let importPeer: ImportPeer;
  try {
    importPeer = await installPeers(readPeerVersions());
  } catch (error) {
    for (const name of adapters.keys()) onMissing(name, messageOf(error));
    return [];
  }
  const subjects: Subject[] = [];
  for (const [name, adapter] of adapters) {
    try {
      subjects.push(await adapter(importPeer));
    } catch (error) {
      onMissing(name, messageOf(error));
    }
  }
  return subjects;
}

/** The first line: what npm writes after it names places of this machine. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] ?? message;
}
