/** The directory of a storage on the server, and where names are in it. */
export class Tree {
  /** Absolute, or relative to where the login leads; without a slash at its end, but for that of the root. */
  readonly base: string;
  readonly #prefix: string;

  constructor(base: string) {
    this.base = base;
    this.#prefix = base.endsWith("/") ? base : `${base}/`;
  }

  /** The path of a name; of the storage itself for `""`. */
  pathOf(name: string): string {
    return name === "" ? this.base : this.#prefix + name;
  }

  /** The directory above a path in the storage. */
  parentOf(path: string): string {
    const at = path.lastIndexOf("/");
    return at < this.#prefix.length ? this.base : path.slice(0, at);
  }

  /** The directories above a path in the storage, the storage's own last; none for that one. */
  ancestorsOf(path: string): string[] {
    const found: string[] = [];
    for (let at = path; at.length > this.base.length; found.push(at)) at = this.parentOf(at);
    return found;
  }

  /** A path in a directory, which may be the root. */
  inside(directory: string, fileName: string): string {
    return directory.endsWith("/") ? directory + fileName : `${directory}/${fileName}`;
  }

  /** The storage's own directory with those above it, the topmost first: what `create` may have to make. */
  baseWithAncestors(): string[] {
    const isAbsolute = this.base.startsWith("/");
    const parts = this.base.split("/").filter((part) => part !== "");
    return parts.map((_part, at) => (isAbsolute ? "/" : "") + parts.slice(0, at + 1).join("/"));
  }
}
