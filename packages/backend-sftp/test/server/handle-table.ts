import type { Dir } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { statusCodes } from "./protocol-numbers.ts";
import { StatusError } from "./status-of-error.ts";

/** A file that a client has open. A directory opened with OPEN is one too. */
export interface OpenFile {
  readonly kind: "file";
  readonly path: string;
  readonly file: FileHandle;
  readonly appends: boolean;
  readonly readable: boolean;
}

/** A directory that a client has open with OPENDIR. */
export interface OpenDirectory {
  readonly kind: "directory";
  readonly path: string;
  readonly directory: Dir;
  /** The names Node leaves out of directories, until they were sent. */
  readonly dots: string[];
}

/** What a handle stands for. */
export type OpenHandle = OpenFile | OpenDirectory;

/** The handles of one channel: four bytes each, and the one freed last is given out first, as OpenSSH does. */
export class HandleTable {
  readonly #maxHandles: number;
  readonly #open = new Map<number, OpenHandle>();
  readonly #free: number[] = [];

  constructor(maxHandles: number) {
    this.#maxHandles = maxHandles;
  }

  get size(): number {
    return this.#open.size;
  }

  /** To be called before a file is opened, so that nothing is created when there is no handle left for it. */
  requireRoom(): void {
    if (this.#open.size >= this.#maxHandles) throw new StatusError(statusCodes.failure);
  }

  add(handle: OpenHandle): Buffer {
    const number = this.#free.pop() ?? this.#open.size;
    this.#open.set(number, handle);
    const name = Buffer.allocUnsafe(4);
    name.writeUInt32BE(number);
    return name;
  }

  find(name: Buffer): OpenHandle | undefined {
    return name.length === 4 ? this.#open.get(name.readUInt32BE()) : undefined;
  }

  /** The file of a handle. @throws {StatusError} if the handle is unknown, or a directory's */
  file(name: Buffer, statusWithout: number = statusCodes.failure): OpenFile {
    const handle = this.find(name);
    if (handle?.kind !== "file") throw new StatusError(statusWithout);
    return handle;
  }

  async close(name: Buffer): Promise<void> {
    const handle = this.find(name);
    if (handle === undefined) throw new StatusError(statusCodes.noSuchFile);
    const number = name.readUInt32BE();
    this.#open.delete(number);
    this.#free.push(number);
    await release(handle);
  }

  async closeAll(): Promise<void> {
    const handles = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(handles.map(release));
  }
}

async function release(handle: OpenHandle): Promise<void> {
  await (handle.kind === "file" ? handle.file.close() : handle.directory.close());
}
