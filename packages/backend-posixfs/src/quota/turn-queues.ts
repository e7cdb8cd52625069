/** Lets the callers in this process have something one after the other, first come first served; one queue a key. */
export class TurnQueues {
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when it is the caller's turn, with the function that ends it. */
  async enter(key: string): Promise<() => void> {
    const before = this.#last.get(key);
    return await new Promise<() => void>((resolve) => {
      const ended = new Promise<void>((end) => {
        const leave = (): void => {
          if (this.#last.get(key) === ended) this.#last.delete(key);
          end();
        };
        if (before === undefined) resolve(leave);
        else resolve(before.then(() => leave));
      });
      this.#last.set(key, ended);
    });
  }
}
