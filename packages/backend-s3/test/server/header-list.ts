/** Headers of a message in their order, with names as they were written; looked up without regard to case. */
export class HeaderList {
  #raw: string[];

  /** @param raw names and values in turn, as Node has them */
  constructor(raw: readonly string[]) {
    this.#raw = [...raw];
  }

  /** Names and values in turn. */
  get raw(): readonly string[] {
    return this.#raw;
  }

  /** By lower-case name; values of one name are joined. */
  get all(): Record<string, string> {
    const all: Record<string, string> = {};
    for (const [name, value] of this.#entries()) {
      const before = all[name.toLowerCase()];
      all[name.toLowerCase()] = before === undefined ? value : `${before}, ${value}`;
    }
    return all;
  }

  get(name: string): string | undefined {
    return this.all[name.toLowerCase()];
  }

  /** Sets a header, instead of all that had its name. */
  set(name: string, value: string): void {
    this.remove(name);
    this.#raw.push(name, value);
  }

  remove(...names: readonly string[]): void {
    const gone = new Set(names.map((name) => name.toLowerCase()));
    this.#raw = this.#entries()
      .filter(([name]) => !gone.has(name.toLowerCase()))
      .flat();
  }

  #entries(): [string, string][] {
    const entries: [string, string][] = [];
    for (let i = 0; i + 1 < this.#raw.length; i += 2)
      entries.push([this.#raw[i] ?? "", this.#raw[i + 1] ?? ""]);
    return entries;
  }
}
