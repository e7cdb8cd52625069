import { StoreError, type Syncer } from "../../src/index.ts";

/** A medium that knows what is where and writes down what is synced. */
export class RecordingSyncer implements Syncer {
  readonly files = new Set<string>();
  readonly synced: string[] = [];
  before: (path: string) => void | Promise<void> = () => undefined;

  async syncFile(path: string): Promise<boolean> {
    await this.before(path);
    if (!this.files.has(path)) return false;
    this.synced.push(path);
    return true;
  }

  async syncDirectory(path: string): Promise<boolean> {
    await this.before(path);
    this.synced.push(`${path}/`);
    return true;
  }

  ancestorsOf(path: string): readonly string[] {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
  }

  parentOf(path: string): string {
    return path.slice(0, path.lastIndexOf("/"));
  }

  classify(error: unknown): StoreError {
    return new StoreError("UNAVAILABLE", { cause: error });
  }
}
