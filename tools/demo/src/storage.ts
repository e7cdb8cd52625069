import { fileURLToPath } from "node:url";
import { posixfs } from "@borgstore/backend-posixfs";
import { rclone } from "@borgstore/backend-rclone";
import { s3 } from "@borgstore/backend-s3";
import { sftp, type SftpOptions } from "@borgstore/backend-sftp";
import { memory, openStore, type NamespacesConfig, type Store } from "@borgstore/core";
import { movedNamespace } from "./change-level.ts";
import { snapshotPrefix } from "./manifest.ts";
import { directoryId } from "./walk-directory.ts";

/** The backends that the demo knows; another one is a dependency and an entry here. */
const backends = [posixfs, rclone, s3, sftp, memory];

const namespaces: NamespacesConfig = {
  config: { levels: [0] },
  data: { levels: [2] },
  [movedNamespace]: { levels: [1] },
};

/** Where the storage is, and how it is reached. */
export interface StoragePlace {
  readonly url: string;
  /** For an `sftp:` URL: the file that is read instead of the user's and the system's ssh_config. */
  readonly sshConfigFile: string | undefined;
}

/** Options of the backend. */
function backendOptions({ url, sshConfigFile }: StoragePlace): SftpOptions | undefined {
  // Other backends would refuse an option that is none of theirs.
  return isSftpUrl(url) ? { sshConfigFile } : undefined;
}

/** Whether the sftp backend takes the URL. */
export function isSftpUrl(url: string): boolean {
  return /^sftp:/i.test(url);
}

/** Opens the demo's store, making the storage when there is none. @throws StoreError see `openStore`. */
export async function openDemoStore(place: StoragePlace, signal: AbortSignal): Promise<Store> {
  const options = { backends, backendOptions: backendOptions(place), namespaces, create: true, signal };
  return await openStore(place.url, options);
}

/** Opens another store on the same storage, that knows these levels of the namespace that is moved. */
export async function openWithLevels(
  place: StoragePlace,
  levels: readonly number[],
  signal: AbortSignal,
): Promise<Store> {
  const options = { backends, backendOptions: backendOptions(place), signal };
  return await openStore(place.url, { ...options, namespaces: { [movedNamespace]: { levels } } });
}

/** What earlier runs left in the storage. */
export interface StorageContent {
  /** The chunks: id → size in bytes. */
  readonly chunks: ReadonlyMap<string, number>;
  readonly chunkBytes: number;
  /** The names of the snapshots, oldest first. */
  readonly snapshots: readonly string[];
}

/** Lists chunks and snapshots: one listing each. */
export async function listContent(store: Store, signal: AbortSignal | undefined): Promise<StorageContent> {
  const chunks = new Map<string, number>();
  let chunkBytes = 0;
  for await (const { name, size } of store.list("data", { signal })) {
    chunks.set(name, size);
    chunkBytes += size;
  }
  const snapshots: string[] = [];
  for await (const { name } of store.list("config", { sizes: false, signal })) {
    if (name.startsWith(snapshotPrefix)) snapshots.push(name);
  }
  return { chunks, chunkBytes, snapshots };
}

/**
 * The URL that is really used: every `memory:` without a name would be a storage of its own, but the demo opens a
 * second store on it.
 */
export function effectiveUrl(url: string): string {
  return url === "memory:" ? "memory:demo" : url;
}

/** Directories that are not backed up: the demo's own, and that of the storage when it is a local one. */
export async function ownDirectories(url: string, demoDirectory: string): Promise<ReadonlySet<string>> {
  const own = new Set([await directoryId(demoDirectory)]);
  const local = localDirectory(url);
  if (local !== undefined) own.add(await directoryId(local));
  return own;
}

/** The directory that the storage is, where its URL names one of this machine. */
function localDirectory(url: string): string | undefined {
  if (url.startsWith("file:")) return fileURLToPath(url);
  return url.startsWith("rclone:/") ? url.slice("rclone:".length) : undefined;
}
