/** Keys of a storage: what stands before every name, and back. */
export class Keys {
  /** What all keys of the storage begin with; ends in a slash. The object of this key marks an empty storage. */
  readonly base: string;

  constructor(base: string) {
    this.base = base;
  }

  /** The key of an object. */
  keyOf(name: string): string {
    return this.base + name;
  }

  /** What the keys below a directory begin with, and the key of its marker; `""` is the root. */
  prefixOf(directory: string): string {
    return directory === "" ? this.base : `${this.base}${directory}/`;
  }
}
