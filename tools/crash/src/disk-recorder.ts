import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";
import type { DiskChange } from "./disk-change.ts";

type AnyFunction = (...parameters: unknown[]) => unknown;
type Effect = (parameters: readonly unknown[], result: unknown) => void;

/** What an open descriptor stands for. */
type OpenEntry = { readonly file: number } | { readonly directory: string };

/**
 * Watches every change that this process makes below one directory through `node:fs`, by standing before the
 * functions of that module, synchronous and with callbacks. Everything else of the process is left alone.
 *
 * The descriptors of files that existed before are not known, so only files made meanwhile may be written.
 */
export class DiskRecorder implements Disposable {
  readonly changes: DiskChange[] = [];
  readonly #root: string;
  readonly #descriptors = new Map<number, OpenEntry>();
  readonly #originals = new Map<string, unknown>();
  readonly #beforeCall: ((count: number) => void) | undefined;
  #files = 0;
  #calls = 0;

  /** @param beforeCall told before each watched call of the process, with its number from 0. */
  constructor(root: string, beforeCall?: (count: number) => void) {
    this.#root = root;
    this.#beforeCall = beforeCall;
    this.#watch("open", ([file, flags], fd) => this.#opened(file, flags, fd as number));
    this.#watch("close", ([fd]) => void this.#descriptors.delete(fd as number));
    this.#watch("write", ([fd, bytes, offset, length], written) => {
      const entry = this.#descriptors.get(fd as number);
      if (entry === undefined) return;
      if (!("file" in entry)) throw new Error("a directory was written to");
      const view = bytes as Uint8Array;
      const start = typeof offset === "number" ? offset : 0;
      const count =
        typeof written === "number" ? written : ((length as number | undefined) ?? view.byteLength);
      this.changes.push({
        kind: "write",
        file: entry.file,
        bytes: new Uint8Array(view.subarray(start, start + count)),
      });
    });
    for (const name of ["fsync", "fdatasync"]) {
      this.#watch(name, ([fd]) => {
        const entry = this.#descriptors.get(fd as number);
        if (entry === undefined) return;
        if ("file" in entry) this.changes.push({ kind: "syncFile", file: entry.file });
        else this.changes.push({ kind: "syncDirectory", path: entry.directory });
      });
    }
    for (const kind of ["rename", "link"] as const) {
      this.#watch(kind, ([from, to]) => {
        const [oldPath, newPath] = [this.#inside(from), this.#inside(to)];
        if (oldPath !== undefined && newPath !== undefined)
          this.changes.push({ kind, path: oldPath, newPath });
      });
    }
    for (const kind of ["unlink", "mkdir", "rmdir"] as const) {
      this.#watch(kind, ([target]) => {
        const inside = this.#inside(target);
        if (inside !== undefined) this.changes.push({ kind, path: inside });
      });
    }
    for (const name of [
      "writev",
      "writevSync",
      "ftruncate",
      "ftruncateSync",
      "copyFile",
      "copyFileSync",
      "rm",
      "rmSync",
    ]) {
      this.#refuse(name);
    }
    syncBuiltinESMExports();
  }

  [Symbol.dispose](): void {
    const functions = fs as unknown as Record<string, unknown>;
    for (const [name, original] of this.#originals) functions[name] = original;
    syncBuiltinESMExports();
  }

  #opened(file: unknown, flags: unknown, fd: number): void {
    const inside = this.#inside(file);
    if (inside === undefined) return;
    if (typeof flags === "number" && (flags & fs.constants.O_CREAT) !== 0) {
      const number = this.#files++;
      this.#descriptors.set(fd, { file: number });
      this.changes.push({ kind: "create", path: inside, file: number });
      return;
    }
    if (fs.fstatSync(fd).isDirectory()) this.#descriptors.set(fd, { directory: inside });
    else this.#reopened(inside, fd);
  }

  /** An existing file, opened to be synced: the file that has this name by now, if it was made meanwhile. */
  #reopened(name: string, fd: number): void {
    const names = new Map<string, number>();
    for (const change of this.changes) {
      if (change.kind === "create") names.set(change.path, change.file);
      else if (change.kind === "unlink") names.delete(change.path);
      else if (change.kind === "rename" || change.kind === "link") {
        const moved = names.get(change.path);
        if (moved === undefined) names.delete(change.newPath);
        else names.set(change.newPath, moved);
        if (change.kind === "rename") names.delete(change.path);
      }
    }
    const file = names.get(name);
    if (file !== undefined) this.#descriptors.set(fd, { file });
  }

  #inside(target: unknown): string | undefined {
    const relative = path.relative(this.#root, String(target));
    return relative.startsWith("..") ? undefined : relative.split(path.sep).join("/");
  }

  /** Puts `effect` behind the two forms of a function; it is told of successes only. */
  #watch(name: string, effect: Effect): void {
    this.#replace(`${name}Sync`, (original) => (...parameters) => {
      this.#beforeCall?.(this.#calls++);
      const result = original(...parameters);
      effect(parameters, result);
      return result;
    });
    this.#replace(name, (original) => (...parameters) => {
      this.#beforeCall?.(this.#calls++);
      const callback = parameters.at(-1) as AnyFunction;
      const watched: AnyFunction = (error, result, ...rest) => {
        if (error === null || error === undefined) effect(parameters.slice(0, -1), result);
        return callback(error, result, ...rest);
      };
      return original(...parameters.slice(0, -1), watched);
    });
  }

  /** For functions that would change the disk unseen. */
  #refuse(name: string): void {
    this.#replace(name, () => () => {
      throw new Error(`fs.${name} is not recorded: teach the recorder`);
    });
  }

  #replace(name: string, wrap: (original: AnyFunction) => AnyFunction): void {
    const functions = fs as unknown as Record<string, AnyFunction>;
    const original = functions[name];
    if (original === undefined) throw new Error(`fs.${name} does not exist`);
    this.#originals.set(name, original);
    functions[name] = wrap(original);
  }
}
