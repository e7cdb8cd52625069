/**
 * What a backend can promise beyond the contract's musts. Known before `open` as far as the medium need not be asked,
 * and final after it. Each flag is checked by the conformance suite, and selects cases there.
 */
export interface Capabilities {
  /**
   * `store` over an existing object replaces it in one step: whoever reads at that moment gets all of the old
   * value or all of the new one. Without it, overwriting is refused with `UNSUPPORTED` unless the user allowed
   * the backend's unsafe way.
   */
  readonly atomicReplace: boolean;
  /**
   * `move` is one step: there is no moment at which both names or neither name exist. With `ifAbsent` both may be
   * there for a moment, and after a crash until the move is repeated; never neither.
   */
  readonly atomicMove: boolean;
  /**
   * `ifAbsent` of `store` and `move` is decided by the medium in one step. `"probe"`: found out at the first
   * use; then it works or is refused with `UNSUPPORTED`. `false`: always refused.
   */
  readonly createIfAbsent: boolean | "probe";
  /**
   * Directories are things of their own: `mkdir` makes them, `info` shows them, empty ones stay, and one name
   * cannot be an object and a directory at once. `false`: they are only prefixes of names.
   */
  readonly directories: boolean;
  /** A partial `load` transfers about the bytes asked for, not the whole value. */
  readonly rangedLoad: boolean;
  /** `hash` is computed where the data is, or at least without holding the whole value in memory. */
  readonly nativeHash: boolean;
  /** `info` and listings with sizes carry `accessedAtMs`. */
  readonly accessTime: boolean;
  /** What was acknowledged before `sync()` survives a crash of the machine after it resolved. */
  readonly durable: boolean;
  /** The medium is across a network: `openStore` then adds deadline, retry and limit by itself. */
  readonly remote: boolean;
  /**
   * Operations at a time that suit the medium, an integer ≥ 1, known before `open`: the default of the limit layer, of
   * the store's `*Many`, and of a filled-in `deleteMany`. It limits nothing by itself.
   *
   * @default 16
   */
  readonly concurrency?: number;
}

/** Operations at a time where nobody asks for another number. */
export function usualConcurrency({ concurrency = 16 }: Capabilities): number {
  return concurrency;
}
