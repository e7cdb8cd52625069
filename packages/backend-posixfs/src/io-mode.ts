import { addSpent, nowMs } from "./gate.ts";

/**
 * How file system calls are made. `"sync"`: by synchronous calls, in slices of about 1 ms. `"pool"`: on libuv's
 * thread pool, each call under a deadline. `"auto"`: synchronous for small values on a medium that answers fast.
 */
export type IoOption = "auto" | "sync" | "pool";

// A write of this size takes about 0.15 ms from and to memory; above it the pool, which copies on several cores,
// is faster than the main thread. Reads draw level earlier.
const largestSyncStoreBytes = 256 * 1024;
const largestSyncLoadBytes = 128 * 1024;

const slowCallMs = 20;
const strikesToLeave = 3;
// So many fast calls make up for each 20 ms of a slow one: a disk that flushes its journal now and then is not slow, and
// neither is one on a machine that is busy, where the call only waited for its turn on the processor.
const forgivingCalls = 10;
const retreatMs = 30_000;

/** `type` of statfs for file systems whose calls can hang: NFS, FUSE, SMB (three drivers), Ceph, 9P. */
const networkFileSystems = new Set([
  0x6969, 0x65735546, 0xfe534d42, 0xff534d42, 0x517b, 0x00c36400, 0x01021997,
]);

/**
 * Decides call by call between synchronous work and the thread pool, and accounts for the synchronous work at
 * the gate. In mode `"auto"`, three synchronous calls of more than 20 ms, each with fewer than 10 fast ones before
 * it for each 20 ms, move a backend to the pool for 30 s. Then it tries again, and a single slow call moves it back,
 * unless as many fast ones came first.
 */
export class IoMode {
  readonly #option: IoOption;
  readonly #now: () => number;
  #networkMedium = false;
  #strikes = 0;
  #fastCalls = 0;
  #poolUntilMs = 0;

  /** @param now a monotonic clock in ms */
  constructor(option: IoOption, now: () => number = nowMs) {
    this.#option = option;
    this.#now = now;
  }

  /** Takes the type of the file system, as statfs tells it. */
  setMedium(fileSystemType: number): void {
    this.#networkMedium = networkFileSystems.has(fileSystemType);
  }

  /** Whether calls go to the pool now, whatever the size. */
  get usesPool(): boolean {
    if (this.#option !== "auto") return this.#option === "pool";
    return this.#networkMedium || (this.#poolUntilMs !== 0 && this.#isRetreating());
  }

  /** Whether large values are to be copied by the pool. */
  get copiesInPool(): boolean {
    return this.#option !== "sync";
  }

  /** Size of the largest value that is stored by synchronous calls, while {@link usesPool} is false. */
  get largestSyncStoreBytes(): number {
    return this.#option === "auto" ? largestSyncStoreBytes : Infinity;
  }

  /** The same for loading. */
  get largestSyncLoadBytes(): number {
    return this.#option === "auto" ? largestSyncLoadBytes : Infinity;
  }

  /** Notes the end of one or a few synchronous calls that began at `startedMs` (of `nowMs()`). */
  spent(startedMs: number): void {
    const ms = nowMs() - startedMs;
    addSpent(ms);
    this.noteCall(ms);
  }

  /** Notes how long a synchronous call took. */
  noteCall(ms: number): void {
    if (ms <= slowCallMs) {
      this.#fastCalls++;
      return;
    }
    const needed = forgivingCalls * Math.floor(ms / slowCallMs);
    this.#strikes = this.#fastCalls < needed ? this.#strikes + 1 : 1;
    this.#fastCalls = 0;
    if (this.#strikes < strikesToLeave) return;
    this.#poolUntilMs = this.#now() + retreatMs;
    this.#strikes = strikesToLeave - 1;
  }

  #isRetreating(): boolean {
    if (this.#now() < this.#poolUntilMs) return true;
    this.#poolUntilMs = 0;
    return false;
  }
}
