import { delay, type TempNames } from "@borgstore/core";
import type { DirectoryEntry } from "./protocol/answers.ts";
import type { Session } from "./session.ts";

/** Removals in flight at a time: what listings come across is no reason to hold up anything. */
const removedAtOnce = 4;
/** How long closing waits for removals. */
const graceMs = 2000;

/**
 * Removes temporary files that were left behind, ours and the reference's, when a listing comes across them: looking
 * for them would cost round trips. Clocks of server and client may differ by less than the age.
 */
export class TempSweep {
  readonly #tempNames: TempNames;
  readonly #ageMs: number;
  readonly #removing = new Set<Promise<void>>();

  constructor(tempNames: TempNames, ageMs: number) {
    this.#tempNames = tempNames;
    this.#ageMs = ageMs;
  }

  /** A listing has seen a file that is no object. */
  saw(session: Session, path: string, { name, modifiedAt }: DirectoryEntry): void {
    if (modifiedAt === undefined || !this.#tempNames.isForeign(name)) return;
    if (Date.now() - modifiedAt * 1000 < this.#ageMs || this.#removing.size >= removedAtOnce) return;
    // Whatever it fails with, the next listing sees the file again.
    const removing = session.client.remove(path).catch(() => undefined);
    this.#removing.add(removing);
    void removing.then(() => this.#removing.delete(removing));
  }

  /** Waits for what is under way, though not long: a server may be silent, and the next listing sees the files again. */
  async stop(): Promise<void> {
    if (this.#removing.size === 0) return;
    const waiting = new AbortController();
    const tooLong = delay(graceMs, waiting.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#removing), tooLong]);
    waiting.abort();
  }
}
