import { StoreError, type Quota } from "@borgstore/core";
import { classify } from "../classify.ts";
import type { FileAccess } from "../file-access.ts";
import { FileLocks, type HeldLock } from "./file-lock.ts";
import { newProcessToken } from "./process-token.ts";
import type { QuotaRecord } from "./quota-record.ts";
import { loadRecord, storeRecord } from "./quota-store.ts";
import { entriesOf, scanUsage } from "./scan-usage.ts";
import { entryRenewalMs, formatEntry, isEntryOf, isStained, liveEntries } from "./session-entry.ts";
import { TurnQueues } from "./turn-queues.ts";

const accountLock = "quota-lock.hid";

const largestLeaseBytes = 4 * 1024 * 1024;

/** How a session keeps its account. */
export interface QuotaAccountOptions {
  readonly access: FileAccess;
  readonly locks: FileLocks;
  /** The storage's directory. */
  readonly base: string;
  /** In bytes. */
  readonly limit: number;
  /** Whether the quota file is synced where a crash of the machine could otherwise make it lie. */
  readonly durable: boolean;
  readonly followLinks: boolean;
  /**
   * After how many ms without need a session gives back what it has reserved ahead.
   *
   * @default 5000
   */
  readonly idleMs?: number | undefined;
}

/**
 * One session's part in the count of a storage's bytes. The count in the quota file includes what each open session
 * has reserved ahead (its lease), so it is never lower than the real one, and operations within the lease touch no
 * file. Leases shrink to nothing near the limit; what is freed goes back in batches.
 */
export class QuotaAccount {
  readonly #options: QuotaAccountOptions;
  readonly #token = newProcessToken();
  readonly #turns = new TurnQueues();
  /** Counted in the file, and neither in the storage nor about to be. */
  #spare = 0;
  /** Reserved by operations under way: in the storage, or not yet. */
  #pending = 0;
  /** The lease that the room left allowed when the file was last seen. */
  #lease = 0;
  /** The count in the file when it was last seen. */
  #counted = 0;
  #isDoubtful = false;
  #isOpen = false;
  #wasUsed = false;
  #writtenMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: QuotaAccountOptions) {
    this.#options = options;
  }

  /**
   * Enters the session in the quota file. Counts all files when the file is missing, or not to be relied upon and no
   * other session is open; others that open meanwhile wait.
   */
  async open(signal: AbortSignal | undefined): Promise<void> {
    await this.#exclusively(signal, async (lock) => {
      const { access, base, locks } = this.#options;
      const names = (await entriesOf(access, base)).map((entry) => entry.name);
      const lockNames = names.filter((name) => FileLocks.isLockName(name) && name !== accountLock);
      const found = await loadRecord(access, base);
      const live = liveEntries(found);
      const isAlone = live.length === 0;
      // A lock of a process that has ended shows a crash, also when somebody has counted since: with the lock in it.
      const hasCrashed = await locks.removeDead(lockNames);
      const isSuspect = found === undefined || hasCrashed || isStained(found, live);
      const mustScan = found === undefined || (isSuspect && isAlone);
      this.#counted = mustScan ? await this.#scan(lock, signal) : found.usage;
      this.#isDoubtful = isSuspect && !isAlone;
      // Durable before anything is changed: after a crash of the machine the old number must not come back alone.
      await this.#write(this.#counted, live, this.#options.durable);
      this.#isOpen = true;
    });
    this.#timer = setInterval(() => this.#lookAfterLease(), this.#options.idleMs ?? 5000).unref();
  }

  /** Takes the session out of the quota file. The last one leaves the plain number, unless something is in doubt. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#exclusively(undefined, async (lock) => {
      this.#isOpen = false;
      const { usage, others } = await this.#refresh(lock);
      // Left behind by an aborted close: nobody will hear how they end.
      if (this.#pending > 0) this.#isDoubtful = true;
      const record = { usage, sessions: others, isDoubtful: this.#isDoubtful };
      await storeRecord(this.#options.access, this.#options.base, record, this.#options.durable);
    });
  }

  /**
   * Reserves bytes for an operation, which must give account of them by {@link settle}.
   *
   * @param name of the object, for the error
   * @throws StoreError `QUOTA_EXCEEDED`; `TIMEOUT`, `NO_SPACE` and others when the quota file cannot be changed.
   */
  async reserve(bytes: number, name: string, signal: AbortSignal | undefined): Promise<void> {
    if (bytes <= 0 || this.#takeFromSpare(bytes)) return;
    const { limit } = this.#options;
    const leave = await this.#turns.enter(accountLock);
    try {
      // Somebody before may have reserved enough for all.
      if (this.#takeFromSpare(bytes)) return;
      if (!this.#isOpen) throw new StoreError("NOT_OPEN", { key: name });
      await this.#locked(signal, async (lock) => {
        await this.#update(lock, (used) => {
          if (used + bytes <= limit) return { more: bytes, lease: this.#leaseFor(limit - used - bytes) };
          throw new StoreError("QUOTA_EXCEEDED", {
            key: name,
            detail: `${used + bytes} bytes would be in use, and the limit is ${limit}`,
          });
        });
      });
      this.#pending += bytes;
    } finally {
      leave();
    }
  }

  /**
   * Ends an operation: what it had reserved, and by how much it has really changed the use of the storage.
   * Never fails: what cannot be given back now stays with the session, and goes back with its next change or at `close`.
   */
  async settle(reserved: number, change: number): Promise<void> {
    this.#pending -= reserved;
    this.#spare += reserved - change;
    if (this.#spare < 0 || this.#spare > 2 * this.#lease) await this.#giveBack(this.#lease);
  }

  /** Notes that the count may be too high; it is corrected by the next session that finds itself alone. */
  doubt(): void {
    this.#isDoubtful = true;
  }

  /** The limit, and the use as far as it is known: with what other open sessions have reserved ahead. */
  async quota(): Promise<Quota> {
    const leave = await this.#turns.enter(accountLock);
    try {
      const found = await loadRecord(this.#options.access, this.#options.base);
      if (found !== undefined && this.#isIn(found)) this.#counted = found.usage;
      return { limit: this.#options.limit, usage: Math.max(0, this.#counted - this.#spare) };
    } catch (error) {
      throw classify(error);
    } finally {
      leave();
    }
  }

  async #exclusively(
    signal: AbortSignal | undefined,
    work: (lock: HeldLock) => Promise<void>,
  ): Promise<void> {
    const leave = await this.#turns.enter(accountLock);
    try {
      await this.#locked(signal, work);
    } finally {
      leave();
    }
  }

  async #locked(signal: AbortSignal | undefined, work: (lock: HeldLock) => Promise<void>): Promise<void> {
    try {
      const lock = await this.#options.locks.acquire(accountLock, signal);
      try {
        await work(lock);
      } finally {
        await lock.release();
      }
    } catch (error) {
      throw signal?.aborted === true ? error : classify(error);
    }
  }

  #takeFromSpare(bytes: number): boolean {
    this.#wasUsed = true;
    if (bytes > this.#spare) return false;
    this.#spare -= bytes;
    this.#pending += bytes;
    return true;
  }

  /** Brings what the session has reserved ahead to `keep` bytes, or to what the limit allows when that is less. */
  async #giveBack(keep: number): Promise<void> {
    const leave = await this.#turns.enter(accountLock);
    try {
      if (!this.#isOpen || (this.#spare === keep && !this.#isEntryOld())) return;
      await this.#locked(undefined, async (lock) => {
        await this.#update(lock, (used) => ({
          more: 0,
          lease: Math.min(keep, this.#leaseFor(this.#options.limit - used)),
        }));
      });
    } catch {
      // The bytes stay with the session, so nothing is lost but room. Whoever needs the file next is told what is
      // wrong with it, at the latest `close`; should it be right again by then, the next session counts anew.
      this.#isDoubtful = true;
    } finally {
      leave();
    }
  }

  #leaseFor(room: number): number {
    const { limit } = this.#options;
    return Math.max(0, Math.floor(Math.min(largestLeaseBytes, limit / 64, room / 4)));
  }

  /**
   * Rewrites the count in the file.
   *
   * @param plan told how many bytes are in use and reserved, without this session's spare ones, tells how many more
   *   to reserve for an operation, and how many ahead
   */
  async #update(
    lock: HeldLock,
    plan: (used: number) => { readonly more: number; readonly lease: number },
  ): Promise<void> {
    const { limit } = this.#options;
    const { usage, others, restore } = await this.#refresh(lock);
    try {
      const { more, lease } = plan(usage);
      const counted = usage + more + lease;
      // Not synced: any state after `open` names this session, and is not relied upon after a crash.
      await this.#write(counted, others, false);
      this.#counted = counted;
      this.#spare += lease;
      this.#lease = this.#leaseFor(limit - usage - more);
    } catch (error) {
      restore();
      throw error;
    }
  }

  async #write(usage: number, others: readonly string[], durably: boolean): Promise<void> {
    const { access, base } = this.#options;
    const nowMs = Date.now();
    const sessions = [...others, formatEntry(this.#token, nowMs)];
    await storeRecord(access, base, { usage, sessions, isDoubtful: this.#isDoubtful }, durably);
    this.#writtenMs = nowMs;
  }

  /**
   * Takes over the file's state. Spare bytes are set aside, so that nobody takes any while the file is changed;
   * what others settle meanwhile comes on top.
   */
  async #refresh(lock: HeldLock): Promise<Refreshed> {
    const spare = this.#spare;
    const pending = this.#pending;
    this.#spare = 0;
    const restore = (): void => {
      this.#spare += spare;
    };
    try {
      const found = await loadRecord(this.#options.access, this.#options.base);
      const live = liveEntries(found);
      if (found === undefined || isStained(found, live)) this.#isDoubtful = true;
      if (found !== undefined && this.#isIn(found)) {
        this.#counted = found.usage;
        const others = live.filter((entry) => !isEntryOf(entry, this.#token));
        return { usage: Math.max(0, found.usage - spare), others, restore };
      }
      // Somebody without a quota, or the reference, has been here: what they did is not counted.
      this.#isDoubtful = true;
      const scanned = await this.#scan(lock, undefined);
      const usage = Math.max(scanned, found?.usage ?? 0) + pending;
      return { usage, others: live, restore };
    } catch (error) {
      restore();
      throw error;
    }
  }

  #isIn(record: QuotaRecord): boolean {
    return record.sessions.some((entry) => isEntryOf(entry, this.#token));
  }

  async #scan(lock: HeldLock, signal: AbortSignal | undefined): Promise<number> {
    const { access, base, followLinks } = this.#options;
    return await scanUsage({ access, base, followLinks, beat: () => lock.beat(), signal });
  }

  /** Gives back the lease of a session that does not need it, and keeps the session's entry from getting too old. */
  #lookAfterLease(): void {
    const isIdle = !this.#wasUsed;
    this.#wasUsed = false;
    if ((isIdle && this.#spare > 0) || this.#isEntryOld()) void this.#giveBack(isIdle ? 0 : this.#lease);
  }

  #isEntryOld(): boolean {
    return Date.now() - this.#writtenMs > entryRenewalMs;
  }
}

/** What the quota file says, for a session that is about to change it. */
interface Refreshed {
  /** Bytes in use and reserved, without the session's own spare ones. */
  readonly usage: number;
  /** Entries of the other open sessions. */
  readonly others: readonly string[];
  /** Undoes the setting aside of the spare bytes. */
  readonly restore: () => void;
}
