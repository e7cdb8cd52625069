/** Random numbers that a seed decides, so that a failure can be repeated. Not for secrets. */
export class Random {
  #state: number;

  /** @param seed any integer; only its lower 32 bits count. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** The next 32 bits as an integer of at least 0 (the generator known as mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** An integer from `min` to `max`, both inclusive. */
  integer(min: number, max: number): number {
    return min + (this.next() % (max - min + 1));
  }

  /** Whether an event of this probability (0 to 1) happens. */
  happens(probability: number): boolean {
    return this.next() < probability * 0x1_0000_0000;
  }

  /** One of the choices, of which there is at least one. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)] as T;
  }

  /** A fresh array of `length` random bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const words = new Uint32Array(Math.ceil(length / 4));
    // A xorshift of its own, seeded from the main sequence: several times as fast, which tests of MiBs feel.
    let word = this.next() | 1;
    for (let i = 0; i < words.length; i++) {
      word ^= word << 13;
      word ^= word >>> 17;
      word ^= word << 5;
      words[i] = word;
    }
    return new Uint8Array(words.buffer).slice(0, length);
  }
}

/** A seed for one of many parts of a run: the same for the same run and name, different for each name. */
export function deriveSeed(seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ (seed >>> 0);
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
