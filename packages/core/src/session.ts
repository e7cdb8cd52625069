/**
 * What is under way in a backend between one open and the next close. Each opening has its own, so that what a
 * given-up close left hanging does not hold up the next one.
 */
export class Session {
  /** Iterations of the driver that were begun and not released. */
  readonly iterators: Set<AsyncIterator<unknown>> = new Set<AsyncIterator<unknown>>();
  #running = 0;
  #onIdle: (() => void) | undefined;

  enter(): void {
    this.#running++;
  }

  leave(): void {
    this.#running--;
    if (this.#running === 0) this.#onIdle?.();
  }

  /** Waits for everything under way, and releases what waits for its reader. Returns what failed in releasing. */
  async settle(): Promise<readonly unknown[]> {
    await this.#idle();
    const failures: unknown[] = [];
    const releasing = [...this.iterators].map(async (iterator) => {
      try {
        await iterator.return?.();
      } catch (error) {
        failures.push(error);
      }
    });
    this.iterators.clear();
    await Promise.all(releasing);
    await this.#idle();
    return failures;
  }

  async #idle(): Promise<void> {
    // Somebody who stops iterating meanwhile makes it busy again.
    while (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#onIdle = undefined;
  }
}
