import { raceAbort, StoreError, throwIfAborted } from "@borgstore/core";
import type { RcdSettings } from "./rcd-settings.ts";
import type { RunningRcd } from "./running-rcd.ts";
import { StartFailure } from "./start-failure.ts";
import { startRcd } from "./start-rcd.ts";
import type { StartedRcd } from "./started-rcd.ts";

/** The right to use the rclone process that all leases with equal settings and environment share. */
export interface RcdLease {
  /**
   * The running process; started first, or started anew after a crash, when needed: one start at a time for all who
   * wait. An abort rejects at once with `signal.reason` and does not stop the start for others. A failed start is
   * reported to all who wait for it, and tried again by the next call only.
   *
   * @throws StoreError with `unsent` when rclone cannot be started; `NOT_OPEN` after `release`
   */
  get(signal: AbortSignal | undefined): Promise<RunningRcd>;
  /** The running process, without starting anything. */
  readonly current: RunningRcd | undefined;
  /** Gives the lease back; the last one stops the process. Resolves when it is gone. Idempotent. */
  release(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const shared = new Map<string, SharedRcd>();

/** Leases the rclone process for these settings. No I/O yet: that begins with the first `get`. */
export function leaseRcd(settings: RcdSettings): RcdLease {
  const inherited = { ...process.env };
  const key = keyOf(settings, inherited);
  const rcd = shared.get(key) ?? new SharedRcd(key, settings, inherited);
  shared.set(key, rcd);
  return new Lease(rcd);
}

/** Equal when a process would be started in the same way. Holds secrets. */
function keyOf(settings: RcdSettings, inherited: Environment): string {
  const { environment, ...rest } = settings;
  return JSON.stringify([sorted(rest), sorted(environment), sorted(inherited)]);
}

function sorted(record: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

class Lease implements RcdLease {
  readonly #rcd: SharedRcd;
  #released: Promise<void> | undefined;

  constructor(rcd: SharedRcd) {
    this.#rcd = rcd;
    rcd.leases += 1;
  }

  get current(): RunningRcd | undefined {
    return this.#released === undefined ? this.#rcd.current : undefined;
  }

  async get(signal: AbortSignal | undefined): Promise<RunningRcd> {
    throwIfAborted(signal);
    if (this.#released !== undefined) throw new StoreError("NOT_OPEN", { unsent: true });
    try {
      return this.#rcd.current ?? (await raceAbort(this.#rcd.start(), signal));
    } catch (error) {
      throw error instanceof StartFailure ? error.storeError() : error;
    }
  }

  release(): Promise<void> {
    this.#released ??= this.#rcd.giveBack();
    return this.#released;
  }
}

/** The process of all leases with one key: none, one that starts, or one that runs. */
class SharedRcd {
  leases = 0;
  readonly #key: string;
  readonly #settings: RcdSettings;
  readonly #inherited: Environment;
  readonly #unused = new AbortController();
  #starting: Promise<StartedRcd> | undefined;
  #started: StartedRcd | undefined;

  constructor(key: string, settings: RcdSettings, inherited: Environment) {
    this.#key = key;
    this.#settings = settings;
    this.#inherited = inherited;
  }

  get current(): RunningRcd | undefined {
    return this.#started?.isLost === false ? this.#started : undefined;
  }

  start(): Promise<RunningRcd> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async giveBack(): Promise<void> {
    this.leases -= 1;
    if (this.leases > 0) return;
    // Whoever comes now gets another one.
    shared.delete(this.#key);
    this.#unused.abort(new StartFailure("CONNECTION", "rclone was stopped"));
    await this.#starting?.catch(() => undefined);
    await this.#started?.stop();
  }

  async #start(): Promise<StartedRcd> {
    try {
      this.#started = await startRcd(this.#settings, this.#inherited, this.#unused.signal);
      return this.#started;
    } finally {
      this.#starting = undefined;
    }
  }
}
