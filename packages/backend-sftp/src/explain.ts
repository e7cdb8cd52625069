import { StoreError } from "@borgstore/core";
import type { Abilities } from "./abilities.ts";
import { classify, isFailure, isMissing, statusOf } from "./classify.ts";
import { follow, look } from "./directories.ts";
import { status } from "./protocol/packet-types.ts";
import { isFull } from "./quota.ts";
import { readEntries } from "./read-entries.ts";
import type { Session } from "./session.ts";
import type { Tree } from "./tree.ts";

/** How long it is believed that the storage is there, in ms, after it was seen. */
const believedMs = 1000;

/** What an operation was about. */
export interface Subject {
  readonly name: string;
  readonly path: string;
}

/** What a store or move was about; for a move the new name. */
export interface StoringSubject extends Subject {
  readonly ifAbsent: boolean;
  /** Length of the value, where it is known. */
  readonly byteCount?: number;
}

/**
 * Finds out what a server's "no" means where the status does not tell: it is looked what is there. OpenSSH says
 * "failure" to a full disk, a directory in the way and a name that is taken alike, and "no such file" also below a file.
 */
export class Explainer {
  readonly #tree: Tree;
  readonly #abilities: Abilities;
  #seenMs = -Infinity;

  constructor(tree: Tree, abilities: Abilities) {
    this.#tree = tree;
    this.#abilities = abilities;
  }

  /** Notes that the storage's directory was there just now. */
  sawStorage(): void {
    this.#seenMs = performance.now();
  }

  /** Looks what there is, where the server does not do so itself before it removes something. */
  async mustBe(kind: "file" | "directory", session: Session, { name, path }: Subject): Promise<void> {
    const found = await look(session, path);
    if (found === undefined) throw await this.notFound(session, name, undefined);
    if (kind === "file" && found.kind === "directory") throw new StoreError("IS_DIRECTORY", { key: name });
    if (kind === "directory" && found.kind !== "directory") {
      throw new StoreError("NOT_A_DIRECTORY", { key: name });
    }
  }

  /** A failed load, hash or listing. */
  async reading(session: Session, error: unknown, { name, path }: Subject): Promise<unknown> {
    if (isMissing(error)) return await this.notFound(session, name, error);
    if (isFailure(error) && (await look(session, path))?.kind === "directory") {
      return new StoreError("IS_DIRECTORY", { key: name, cause: error });
    }
    return classifyStatus(error, name);
  }

  /** A failed listing: there is nothing of this name, or it is no directory. */
  async listing(session: Session, error: unknown, { name, path }: Subject): Promise<unknown> {
    const isPlain = isMissing(error) || isFailure(error) || statusOf(error) === status.notADirectory;
    if (!isPlain) return classifyStatus(error, name);
    const found = await look(session, path);
    if (found?.kind === "file" || found?.kind === "other") {
      return new StoreError("NOT_A_DIRECTORY", { key: name, cause: error });
    }
    return isMissing(error) ? await this.notFound(session, name, error) : classifyStatus(error, name);
  }

  /** A failed delete of an object. */
  async deleting(session: Session, error: unknown, { name, path }: Subject): Promise<unknown> {
    if (isMissing(error)) return await this.notFound(session, name, error);
    const mayBeDirectory = isFailure(error) || statusOf(error) === status.permissionDenied;
    if (mayBeDirectory && (await look(session, path))?.kind === "directory") {
      return new StoreError("IS_DIRECTORY", { key: name, cause: error });
    }
    return classifyStatus(error, name);
  }

  /** A failed rmdir. */
  async removingDirectory(session: Session, error: unknown, { name, path }: Subject): Promise<unknown> {
    if (StoreError.is(error)) return error;
    const found = await look(session, path);
    if (found === undefined) return await this.notFound(session, name, error);
    if (found.kind !== "directory") return new StoreError("NOT_A_DIRECTORY", { key: name, cause: error });
    if (isFailure(error) && (await readEntries(session, path, undefined)).length > 0) {
      return new StoreError("NOT_EMPTY", { key: name, cause: error });
    }
    return classifyStatus(error, name);
  }

  /** A failed store, or a failed move to this name. */
  async storing(session: Session, error: unknown, about: StoringSubject): Promise<unknown> {
    const { name, path, ifAbsent, byteCount = 0 } = about;
    if (isMissing(error)) {
      return new StoreError("UNAVAILABLE", {
        key: name,
        detail: "its directory was removed while it was stored",
        cause: error,
      });
    }
    if (!isFailure(error) && statusOf(error) !== status.fileAlreadyExists) return classifyStatus(error, name);
    const found = await look(session, path);
    if (found !== undefined && ifAbsent) return new StoreError("ALREADY_EXISTS", { key: name, cause: error });
    if (found?.kind === "directory") return new StoreError("IS_DIRECTORY", { key: name, cause: error });
    if (await isFull(session, this.#abilities, this.#tree, byteCount)) {
      return new StoreError("NO_SPACE", { key: name, detail: "on the server", cause: error });
    }
    return classifyStatus(error, name);
  }

  /** The error for a name that is not there: whether only the object is missing, or the storage. */
  async notFound(session: Session, name: string, cause: unknown): Promise<StoreError> {
    if (performance.now() - this.#seenMs > believedMs) {
      const base = await follow(session, this.#tree.base);
      if (base?.kind !== "directory" && base?.kind !== "unknown") {
        return new StoreError("BACKEND_NOT_FOUND", { detail: `${this.#tree.base} is gone`, cause });
      }
      this.sawStorage();
    }
    return new StoreError("NOT_FOUND", { key: name, cause });
  }
}

/** Leaves alone what is not the server's word: errors of a source, reasons of an abort. */
function classifyStatus(error: unknown, name: string): unknown {
  return statusOf(error) === undefined ? error : classify(error, name);
}
