import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { DiskChange } from "./disk-change.ts";

/**
 * How a crash treats what was not synced.
 *
 * - `process`: only the process dies; the operating system still has everything.
 * - `all-lost`: the machine dies, and nothing is on the disk that was not synced.
 * - `names-kept`: changes of directories are on the disk, contents only where they were synced (a file system
 *   that writes its journal first).
 * - `random`: of each directory some of the changes, of each file some of the content.
 */
export type CrashKind = "process" | "all-lost" | "names-kept" | "random";

/** The files and directories that a crash leaves. */
export interface DiskImage {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly directories: ReadonlySet<string>;
}

type NameChange = Extract<DiskChange, { kind: "create" | "rename" | "link" | "unlink" | "mkdir" | "rmdir" }>;

/**
 * What is on the disk after a crash at the moment after `changes`, starting from an image that is all on disk.
 * A directory's changes get to the disk in order, a rename in one step, and nothing in a directory before the
 * directory itself. Syncing a file does not sync its name, and syncing a directory not the name of the directory.
 *
 * @param random gives numbers from 0 to below 1; only used for `random`.
 */
export function crashImage(
  start: DiskImage,
  changes: readonly DiskChange[],
  kind: CrashKind,
  random: () => number,
): DiskImage {
  const contents = fileContents(changes, kind, random);
  const kept = keptNameChanges(start, changes, kind, random);
  const directories = new Set(start.directories);
  const files = new Map<string, Uint8Array>(start.files);
  for (const change of kept) {
    switch (change.kind) {
      case "create":
        files.set(change.path, contents.get(change.file) ?? new Uint8Array());
        break;
      case "rename":
      case "link": {
        const bytes = files.get(change.path);
        // Its own creation got lost with an unsynced directory: then there is nothing to give a name to.
        if (bytes !== undefined) files.set(change.newPath, bytes);
        if (change.kind === "rename") files.delete(change.path);
        break;
      }
      case "unlink":
        files.delete(change.path);
        break;
      case "mkdir":
        directories.add(change.path);
        break;
      case "rmdir":
        directories.delete(change.path);
        break;
      // no default
    }
  }
  return withoutOrphans({ files, directories });
}

/** Writes an image below an existing, empty directory. */
export function layOut(image: DiskImage, root: string): void {
  for (const directory of [...image.directories].sort())
    mkdirSync(path.join(root, directory), { recursive: true });
  for (const [name, bytes] of image.files) writeFileSync(path.join(root, name), bytes);
}

function fileContents(
  changes: readonly DiskChange[],
  kind: CrashKind,
  random: () => number,
): Map<number, Uint8Array> {
  const written = new Map<number, Uint8Array>();
  const synced = new Map<number, Uint8Array>();
  for (const change of changes) {
    if (change.kind === "create") written.set(change.file, new Uint8Array());
    else if (change.kind === "write") {
      const before = written.get(change.file) ?? new Uint8Array();
      const after = new Uint8Array(before.byteLength + change.bytes.byteLength);
      after.set(before);
      after.set(change.bytes, before.byteLength);
      written.set(change.file, after);
    } else if (change.kind === "syncFile") {
      synced.set(change.file, written.get(change.file) ?? new Uint8Array());
    }
  }
  if (kind === "process") return written;
  const contents = new Map<number, Uint8Array>();
  for (const [file, bytes] of written) {
    const safe = synced.get(file) ?? new Uint8Array();
    const extra = kind === "random" ? Math.floor(random() * (bytes.byteLength - safe.byteLength + 1)) : 0;
    contents.set(file, bytes.slice(0, safe.byteLength + extra));
  }
  return contents;
}

function isNameChange(change: DiskChange): change is NameChange {
  return !["write", "syncFile", "syncDirectory", "acknowledged"].includes(change.kind);
}

/** The directories whose entries a change touches. */
function touched(change: NameChange): readonly string[] {
  const paths = "newPath" in change ? [change.path, change.newPath] : [change.path];
  return paths.map((each) => each.slice(0, Math.max(0, each.lastIndexOf("/"))));
}

function keptNameChanges(
  start: DiskImage,
  changes: readonly DiskChange[],
  kind: CrashKind,
  random: () => number,
): readonly NameChange[] {
  if (kind === "process" || kind === "names-kept") return changes.filter(isNameChange);
  const keptUntil = new Map<string, number>();
  for (const [index, change] of changes.entries()) {
    if (change.kind === "syncDirectory") keptUntil.set(change.path, index);
  }
  if (kind === "random") {
    for (const directory of new Set(changes.filter(isNameChange).flatMap(touched))) {
      const until = Math.floor(random() * (changes.length + 1));
      keptUntil.set(directory, Math.max(until, keptUntil.get(directory) ?? -1));
    }
  }
  coverBothSides(changes, keptUntil);
  return reachable(start, changes, keptUntil);
}

/**
 * A change of two directories is on the disk when either of them got that far; then, as a directory's changes keep
 * their order, so are all before it in the other one.
 */
function coverBothSides(changes: readonly DiskChange[], keptUntil: Map<string, number>): void {
  for (let again = true; again;) {
    again = false;
    for (const [index, change] of changes.entries()) {
      if (!isNameChange(change)) continue;
      const directories = touched(change);
      if (!directories.some((each) => index <= (keptUntil.get(each) ?? -1))) continue;
      for (const each of directories) {
        if (index <= (keptUntil.get(each) ?? -1)) continue;
        keptUntil.set(each, index);
        again = true;
      }
    }
  }
}

/**
 * The changes that are kept, without those in directories that did not get to the disk themselves: file systems
 * with a journal do not bring a change to the disk before the making of its directory.
 */
function reachable(
  start: DiskImage,
  changes: readonly DiskChange[],
  keptUntil: Map<string, number>,
): readonly NameChange[] {
  const directories = new Set(["", ...start.directories]);
  const kept: NameChange[] = [];
  for (const [index, change] of changes.entries()) {
    if (!isNameChange(change)) continue;
    const places = touched(change);
    if (places.every((each) => index <= (keptUntil.get(each) ?? -1) && directories.has(each))) {
      kept.push(change);
      if (change.kind === "mkdir") directories.add(change.path);
      if (change.kind === "rmdir") directories.delete(change.path);
    } else {
      for (const each of places) keptUntil.set(each, Math.min(index - 1, keptUntil.get(each) ?? -1));
    }
  }
  return kept;
}

/** Without what stands in directories that are not there. */
function withoutOrphans({ files, directories }: DiskImage): DiskImage {
  const isThere = (name: string): boolean => {
    const slash = name.lastIndexOf("/");
    if (slash === -1) return true;
    const parent = name.slice(0, slash);
    return directories.has(parent) && isThere(parent);
  };
  return {
    files: new Map([...files].filter(([name]) => isThere(name))),
    directories: new Set([...directories].filter(isThere)),
  };
}
