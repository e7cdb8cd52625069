import { copyError, StoreError } from "@borgstore/core";
import type { NameLocks } from "./name-locks.ts";
import { mustLook } from "./publish.ts";
import type { Call } from "./rc-client.ts";
import type { Remote } from "./remote.ts";

/** Directories that are remembered; beyond that all are forgotten. */
const mostRemembered = 10_000;

/**
 * Makes directories before anything is put into them, one at a time: rclone makes them as well, but several services
 * fail when two calls make the same one.
 */
export class MadeDirectories {
  readonly #remote: Remote;
  readonly #locks: NameLocks;
  readonly #made = new Set<string>();
  #failures = 0;
  #lastFailure: unknown;

  constructor(remote: Remote, locks: NameLocks) {
    this.#remote = remote;
    this.#locks = locks;
  }

  /** Makes the directory that a name is in, unless this session has made it or seen it made. */
  async makeFor(name: string, call: Call): Promise<void> {
    const slash = name.lastIndexOf("/");
    if (slash === -1 || !this.#remote.features.hasDirectories || !mustLook(this.#remote)) return;
    const directory = name.slice(0, slash);
    if (this.#made.has(directory)) return;
    const failuresBefore = this.#failures;
    await this.#locks.run([this.#remote.pathOf("")], call.signal, async () => {
      if (this.#made.has(directory)) return;
      if (this.#failures !== failuresBefore) {
        throw copyError(this.#lastFailure, "as for another directory just now", call.name);
      }
      try {
        await this.#remote.mkdir(directory, call);
      } catch (error) {
        // The next one would wait as long.
        if (StoreError.is(error, "CONNECTION") || StoreError.is(error, "TIMEOUT")) {
          this.#failures++;
          this.#lastFailure = error;
        }
        throw error;
      }
      if (this.#made.size >= mostRemembered) this.#made.clear();
      this.#made.add(directory);
    });
  }

  /** Somebody has removed a directory. */
  forget(): void {
    this.#made.clear();
  }
}
