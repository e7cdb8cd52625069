import type { FileCalls } from "./file-calls.ts";
import { FsPool } from "./fs-pool.ts";
import { mustYield, nextTurn } from "./gate.ts";
import { IoMode } from "./io-mode.ts";
import type { PoolTurn } from "./pool-turn.ts";
import { syncCalls } from "./sync-calls.ts";

/** Makes file system calls by the way that is right at the moment: synchronously, or on the thread pool. */
export class FileAccess {
  readonly mode: IoMode;
  readonly concurrency: number;
  readonly #pool: FsPool;
  readonly #sync: FileCalls;

  constructor(mode: IoMode, concurrency: number, deadlineMs: number) {
    this.mode = mode;
    this.concurrency = concurrency;
    this.#pool = new FsPool(concurrency, deadlineMs);
    this.#sync = syncCalls(mode);
  }

  /** Runs an operation's calls, in the way of the moment. */
  async run<T>(work: (calls: FileCalls) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.mode.usesPool) return await this.#pool.run(work, signal);
    while (mustYield()) await nextTurn();
    if (signal?.aborted === true) throw signal.reason;
    return await work(this.#sync);
  }

  /** Runs them on the thread pool. */
  async runInPool<T>(work: (turn: PoolTurn) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#pool.run(work, signal);
  }

  /**
   * Runs them with what may take its time with a large value on the thread pool, and the others synchronously while the
   * medium answers fast: a hop to the pool takes longer than one of them. As many operations at a time as the pool takes.
   */
  async runTransferring<T>(work: (calls: FileCalls) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (!this.mode.copiesInPool) return await this.run(work, signal);
    return await this.#pool.run(async (turn) => {
      if (this.mode.usesPool) return await work(turn);
      while (mustYield()) await nextTurn();
      return await work({
        ...this.#sync,
        read: (fd, buffer, at, length, position) => turn.read(fd, buffer, at, length, position),
        write: (fd, bytes) => turn.write(fd, bytes),
        fsync: (fd) => turn.fsync(fd),
      });
    }, signal);
  }

  /**
   * Runs them like {@link run}, but with fsync on the thread pool always, and as many operations at a time as it
   * takes: syncing side by side is what makes it fast.
   */
  async runSyncing<T>(work: (calls: FileCalls) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.mode.usesPool) return await this.#pool.run(work, signal);
    return await this.#pool.run(async (turn) => {
      while (mustYield()) await nextTurn();
      return await work({ ...this.#sync, fsync: (fd) => turn.fsync(fd) });
    }, signal);
  }
}
