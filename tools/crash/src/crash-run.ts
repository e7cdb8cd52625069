import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { posixfs, type PosixfsOptions } from "@borgstore/backend-posixfs";
import { openStore, StoreError, type Store } from "@borgstore/core";
import type { DiskChange } from "./disk-change.ts";
import { DiskRecorder } from "./disk-recorder.ts";
import { initialItems, type Items, type StoreOperation } from "./operations.ts";
import { layOut, type DiskImage } from "./simulated-disk.ts";

const namespaces = { data: { levels: [2] }, config: { levels: [0] } };
const decoder = new TextDecoder();

/** A sequence of operations as it ran: what happened on the disk, and what the store held after each. */
export interface CrashRun {
  readonly start: DiskImage;
  readonly changes: readonly DiskChange[];
  /** Element k: the items after k operations. */
  readonly states: readonly Items[];
  readonly sequence: readonly StoreOperation[];
}

/** The store that the sequences run on. */
export async function openForRun(root: string, options: PosixfsOptions): Promise<Store> {
  return await openStore(`file://${root}`, { backends: [posixfs], namespaces, backendOptions: options });
}

/** Runs `work` in a directory that is removed afterwards. */
async function inDirectory<T>(parent: string, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(parent, "crash-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The disk before the first operation. */
export function startImage(): DiskImage {
  const files = new Map<string, Uint8Array>();
  const directories = new Set<string>();
  for (const [item, value] of initialItems) {
    const [name = "", deleted] = item.split(":");
    const [namespace = "", key = ""] = name.split("/");
    const levels = namespaces[namespace as keyof typeof namespaces].levels[0] ?? 0;
    let directory = namespace;
    directories.add(directory);
    for (let level = 0; level < levels; level++) {
      directory += `/${key.slice(2 * level, 2 * level + 2)}`;
      directories.add(directory);
    }
    files.set(`${directory}/${key}${deleted === undefined ? "" : ".del"}`, new TextEncoder().encode(value));
  }
  return { files, directories };
}

/** Runs a sequence on a fresh store below `parent`, recording every change of the disk. */
export async function recordRun(
  parent: string,
  sequence: readonly StoreOperation[],
  options: PosixfsOptions,
): Promise<CrashRun> {
  return await inDirectory(parent, async (root) => {
    const start = startImage();
    layOut(start, root);
    const store = await openForRun(root, options);
    const states: Items[] = [initialItems];
    using recorder = new DiskRecorder(root);
    for (const [index, operation] of sequence.entries()) {
      const before = states.at(-1) ?? initialItems;
      const after = operation.expected(before);
      try {
        await operation.perform(store);
        if (after === undefined) throw new Error(`${operation.name} succeeded where it must not`);
      } catch (error) {
        if (after !== undefined || !StoreError.is(error)) throw error;
      }
      states.push(after ?? before);
      recorder.changes.push({ kind: "acknowledged", operation: index });
    }
    const changes = [...recorder.changes];
    await store.close();
    return { start, changes, states, sequence };
  });
}

/** What a store finds when it is opened on a disk image. */
export async function itemsOf(parent: string, image: DiskImage): Promise<Items> {
  return await inDirectory(parent, async (root) => {
    layOut(image, root);
    await using store = await openForRun(root, { durability: "none" });
    const items = new Map<string, string>();
    for (const namespace of Object.keys(namespaces)) {
      for (const deleted of [false, true]) {
        for await (const { name: key } of store.list(namespace, { deleted })) {
          const name = `${namespace}/${key}`;
          const value = decoder.decode(await store.load(name, { deleted }));
          items.set(deleted ? `${name}:deleted` : name, value);
        }
      }
    }
    return items;
  });
}
