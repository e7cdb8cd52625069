/** Counts requests by type, over all connections. */
export class RequestCounts {
  readonly #counts = new Map<string, number>();

  get all(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Counts one more; says the how-manieth it is. */
  add(type: string): number {
    const count = (this.#counts.get(type) ?? 0) + 1;
    this.#counts.set(type, count);
    return count;
  }

  reset(): void {
    this.#counts.clear();
  }
}
