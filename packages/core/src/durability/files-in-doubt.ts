import { StoreError } from "../errors.ts";

interface Doubt {
  readonly path: string;
  readonly cause: unknown;
}

/**
 * Files that could not be synced, and whose content may therefore be lost: until they are stored again or deleted,
 * nothing that is durable can be said of the whole. Of more files than the limit only the fact is remembered.
 */
export class FilesInDoubt {
  readonly #limit: number;
  readonly #classify: (error: unknown) => StoreError;
  readonly #causes = new Map<string, unknown>();
  #tooMany: Doubt | undefined;

  /** @param classify finds the code for what syncing failed with */
  constructor(limit: number, classify: (error: unknown) => StoreError) {
    this.#limit = limit;
    this.#classify = classify;
  }

  get isEmpty(): boolean {
    return this.#causes.size === 0;
  }

  add(path: string, cause: unknown): void {
    if (this.#causes.size < this.#limit) this.#causes.set(path, cause);
    else this.#tooMany ??= { path, cause };
  }

  /** The file has new content, or is gone. */
  delete(path: string): void {
    this.#causes.delete(path);
  }

  /** The file has another name now, and what had that name is gone. */
  move(path: string, newPath: string): void {
    const cause = this.#causes.get(path);
    const wasInDoubt = this.#causes.delete(path);
    if (wasInDoubt) this.#causes.set(newPath, cause);
    else this.#causes.delete(newPath);
  }

  clear(): void {
    this.#causes.clear();
    this.#tooMany = undefined;
  }

  /** What to tell those who want durability; `undefined` when nothing is in doubt. */
  get failure(): StoreError | undefined {
    const [entry] = this.#causes;
    const first = entry === undefined ? this.#tooMany : { path: entry[0], cause: entry[1] };
    if (first === undefined) return undefined;
    const count = `${this.#tooMany === undefined ? "" : "more than "}${this.#causes.size}`;
    const remedy =
      this.#tooMany === undefined ? "store them again or delete them" : "store all of them again";
    return new StoreError(this.#classify(first.cause).code, {
      detail: `syncing failed, and the content of ${count} files may be lost, among them ${first.path}; ${remedy}`,
      // The next attempt could succeed without the content being there.
      retryable: false,
      cause: first.cause,
    });
  }
}
