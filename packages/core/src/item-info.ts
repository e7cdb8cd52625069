/** What is known of one object or directory. */
export interface ItemInfo {
  /** The name asked for; in a listing the path relative to the listed directory. */
  readonly name: string;
  readonly exists: boolean;
  /**
   * Length of the value in bytes; 0 for a directory and for what does not exist; −1 in a listing without
   * sizes where the medium did not tell it anyway.
   */
  readonly size: number;
  readonly isDirectory: boolean;
  /** Time of the last access in ms since 1970, by the medium's clock; only with the `accessTime` capability. */
  readonly accessedAtMs?: number;
  /** Time of the last change of the value in ms since 1970, by the medium's clock, where it keeps one. */
  readonly modifiedAtMs?: number;
}

/** The info of something that does not exist. */
export function missingItem(name: string): ItemInfo {
  return { name, exists: false, size: 0, isDirectory: false };
}
