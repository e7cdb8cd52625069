import { nowMs } from "./gate.ts";
import { errnoOf } from "./classify.ts";
import { readEntries } from "./read-entries.ts";
import type { RunCalls } from "./remove-tree.ts";
import { tempNames } from "./temp-names.ts";

const directoriesAtOnce = 64;
// After each batch the sweep rests ten times as long as the batch took, whatever the speed of the medium.
const restFactor = 10;

const firstDirectories = 256;
const firstMs = 50;

/**
 * Removes temporary files that a crash has left behind, anywhere in a storage, by their names and ages: ours and
 * those of the reference, whose sftp may have served the same directory. Storages can have a million directories,
 * so `open` waits for the first few only: the storage's own, those in it, and a random choice of others, 256 or
 * 50 ms in all. The rest is visited in the background, at about a tenth of the time, until the storage is closed.
 */
export class TempSweep {
  readonly #run: RunCalls;
  readonly #staleTempAgeMs: number;
  readonly #now: () => number;
  readonly #onRemoved: (() => void) | undefined;
  /** Directories to visit, next one last. */
  #toVisit: string[] = [];
  #stopped = false;
  #wake: (() => void) | undefined;
  #background: Promise<void> = Promise.resolve();
  /** Number of files removed, for tests and debugging. */
  removed = 0;

  /**
   * @param now wall clock, in ms since 1970
   * @param onRemoved called for each file that was removed
   */
  constructor(run: RunCalls, staleTempAgeMs: number, now: () => number = Date.now, onRemoved?: () => void) {
    this.#run = run;
    this.#staleTempAgeMs = staleTempAgeMs;
    this.#now = now;
    this.#onRemoved = onRemoved;
  }

  /** Visits the first directories, and goes on in the background. */
  async start(base: string): Promise<void> {
    const startedMs = nowMs();
    const namespaces = await this.#visit(base);
    let visited = 1;
    const mayGoOn = (): boolean =>
      !this.#stopped && visited < firstDirectories && nowMs() - startedMs < firstMs;
    while (namespaces.length > 0 && mayGoOn()) {
      const found = await this.#visit(namespaces.pop() as string);
      this.#toVisit.push(...found);
      visited++;
    }
    this.#toVisit.push(...namespaces);
    for (; this.#toVisit.length > 0 && mayGoOn(); visited++) await this.#visitNext();
    this.#background = this.#goOn();
  }

  /** Stops the background work; resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#background;
  }

  /** Resolves when every directory was visited, or the sweep was stopped. */
  async finished(): Promise<void> {
    await this.#background;
  }

  async #goOn(): Promise<void> {
    while (this.#toVisit.length > 0 && !this.#stopped) {
      const startedMs = nowMs();
      for (let visited = 0; visited < directoriesAtOnce && this.#toVisit.length > 0; visited++) {
        if (this.#stopped) return;
        await this.#visitNext();
      }
      await this.#rest((nowMs() - startedMs) * restFactor);
    }
  }

  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      // Does not keep a process alive that is done otherwise.
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
    this.#wake = undefined;
  }

  async #visitNext(): Promise<void> {
    const path = this.#toVisit.pop();
    if (path !== undefined) this.#toVisit.push(...(await this.#visit(path)));
  }

  /** Removes the stale files of one directory and returns its subdirectories, shuffled. */
  async #visit(path: string): Promise<string[]> {
    const directories: string[] = [];
    await this.#unlessRefused(async () => {
      for (const entry of await this.#run((calls) => readEntries(calls, path))) {
        const inner = `${path}/${entry.name}`;
        if (entry.isDirectory()) directories.push(inner);
        else if (entry.isFile() && tempNames.isForeign(entry.name)) {
          await this.#unlessRefused(() => this.#removeIfStale(inner));
        }
      }
    });
    return shuffled(directories);
  }

  /**
   * Does without what has vanished or is not ours to read or remove: whoever uses it is told what is wrong with it.
   * A medium that does not answer at all ends the sweep.
   */
  async #unlessRefused(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (errnoOf(error) === undefined) this.#stopped = true;
    }
  }

  async #removeIfStale(path: string): Promise<void> {
    await this.#run(async (calls) => {
      const stats = await calls.lstat(path);
      if (stats === undefined || this.#now() - stats.mtimeMs < this.#staleTempAgeMs) return;
      await calls.unlink(path);
      this.removed++;
      this.#onRemoved?.();
    });
  }
}

/** In random order, so that sessions too short for all of it do not visit the same part every time. */
function shuffled<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
