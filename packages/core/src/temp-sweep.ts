import { delay } from "./abort.ts";
import type { TempNames } from "./temp-names.ts";

/** Removals in flight at a time: what listings come across is no reason to hold up anything. */
const removedAtOnce = 4;
/** How long closing waits for removals. */
const graceMs = 2000;

/**
 * Removes temporary files that were left behind, ours and the reference's, when a listing comes across them: looking
 * for them would cost round trips. For backends whose listings tell when a file was changed; the clocks of medium and
 * client may differ by less than the age.
 */
export class TempSweep {
  readonly #tempNames: TempNames;
  readonly #ageMs: number;
  readonly #removing = new Set<Promise<void>>();

  /** @param ageMs from which on a temporary file counts as left behind */
  constructor(tempNames: TempNames, ageMs: number) {
    this.#tempNames = tempNames;
    this.#ageMs = ageMs;
  }

  /**
   * A listing has seen a file. It is removed in the background when it is a temporary one and old enough.
   *
   * @param fileName without its directory
   * @param remove what it fails with is dropped: the next listing sees the file again
   */
  saw(fileName: string, modifiedAtMs: number | undefined, remove: () => Promise<void>): void {
    if (modifiedAtMs === undefined || !this.#tempNames.isForeign(fileName)) return;
    if (Date.now() - modifiedAtMs < this.#ageMs || this.#removing.size >= removedAtOnce) return;
    const removing = remove().catch(() => undefined);
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
