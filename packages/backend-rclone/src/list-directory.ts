import { StoreError, type DriverListOptions, type ItemInfo } from "@borgstore/core";
import type { Call } from "./rc-client.ts";
import { ListingReader, type Entry } from "./read-entries.ts";
import { isNoObject, sizeOf, timeOf, type Remote } from "./remote.ts";

const pageLength = 1000;
/** Subtrees that are asked for before their turn. */
const treesAhead = 4;

/** Told of every entry that a listing comes across, with the name of its directory. */
export type OnEntry = (directory: string, entry: Entry) => void;

/**
 * The entries of a directory in pages, in the order of the bytes of their names, a directory comparing as `name/`.
 * rclone reads a directory whole before it answers.
 */
export async function* listDirectory(
  remote: Remote,
  directory: string,
  options: DriverListOptions,
  onEntry: OnEntry,
): AsyncGenerator<readonly ItemInfo[], void, undefined> {
  yield* pagesOf(await readDirectory(remote, directory, options, onEntry));
}

/**
 * All objects below a directory. Where the remote lists a whole tree at the price of a flat listing that is one call;
 * elsewhere rclone walks through one subtree of the directory after the other, and a few of them are held at a time.
 */
export async function* listTree(
  remote: Remote,
  directory: string,
  options: DriverListOptions,
  onEntry: OnEntry,
): AsyncGenerator<readonly ItemInfo[], void, undefined> {
  if (remote.features.listsRecursively) {
    yield* pagesOf(await readTree(remote, directory, "", options, onEntry));
    return;
  }
  const items = await readDirectory(remote, directory, options, onEntry);
  const stopping = new AbortController();
  const signal =
    options.signal === undefined ? stopping.signal : AbortSignal.any([options.signal, stopping.signal]);
  const subdirectories = items.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  const trees = new Map<string, Promise<readonly ItemInfo[]>>();
  const readAhead = (): void => {
    while (trees.size < treesAhead) {
      const next = subdirectories.shift();
      if (next === undefined) return;
      const path = directory === "" ? next : `${directory}/${next}`;
      const reading = readTree(remote, path, `${next}/`, { ...options, signal }, onEntry);
      // It may fail before its turn comes.
      reading.catch(() => undefined);
      trees.set(next, reading);
    }
  };
  let page: ItemInfo[] = [];
  try {
    for (const item of items) {
      readAhead();
      const found = item.isDirectory ? await trees.get(item.name) : [item];
      trees.delete(item.name);
      for (const each of found ?? []) {
        page.push(each);
        if (page.length < pageLength) continue;
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  } finally {
    stopping.abort();
  }
}

/** The entries of one directory, in order. */
async function readDirectory(
  remote: Remote,
  directory: string,
  { signal, sizes }: DriverListOptions,
  onEntry: OnEntry,
): Promise<readonly ItemInfo[]> {
  const call: Call = { signal, name: directory };
  const found: ItemInfo[] = [];
  try {
    await readEntries(remote, directory, { noModTime: !sizes }, call, (entry) => {
      onEntry(directory, entry);
      const name = entry["Name"];
      if (typeof name === "string") found.push(describe(name, entry, sizes));
    });
  } catch (error) {
    if (!isNoObject(error) && !StoreError.is(error, "UNAVAILABLE")) throw error;
    // Without its root there is no storage.
    if (directory === "" && remote.features.hasDirectories) throw error;
    await mustBeNoObject(remote, directory, call);
    if (!isNoObject(error)) throw error;
  }
  // Some remotes have an empty list for an object.
  if (found.length === 0) await mustBeNoObject(remote, directory, call);
  return inOrder(found);
}

async function mustBeNoObject(remote: Remote, directory: string, call: Call): Promise<void> {
  if (directory === "" || !remote.features.hasDirectories) return;
  if ((await remote.stat(directory, call)) === undefined) return;
  throw new StoreError("NOT_A_DIRECTORY", { key: directory });
}

/** All objects below a directory, in order, by paths that begin with the prefix. */
async function readTree(
  remote: Remote,
  directory: string,
  prefix: string,
  { signal, sizes }: DriverListOptions,
  onEntry: OnEntry,
): Promise<readonly ItemInfo[]> {
  const start = directory === "" ? 0 : directory.length + 1;
  const found: ItemInfo[] = [];
  const options = { recurse: true, filesOnly: true, noModTime: !sizes };
  try {
    await readEntries(remote, directory, options, { signal, name: directory }, (entry) => {
      const path = entry["Path"];
      if (typeof path !== "string") return;
      onEntry(path.slice(0, Math.max(0, path.lastIndexOf("/"))), entry);
      found.push(describe(prefix + path.slice(start), entry, sizes));
    });
    return inOrder(found);
  } catch (error) {
    if (!isNoObject(error)) throw error;
    // rclone says it of the whole when any directory in it vanishes meanwhile.
    return inOrder(await walk(remote, directory, prefix, { signal, sizes }, onEntry));
  }
}

/** The same, directory by directory: one that has vanished is left out, and only that. */
async function walk(
  remote: Remote,
  directory: string,
  prefix: string,
  options: DriverListOptions,
  onEntry: OnEntry,
): Promise<readonly ItemInfo[]> {
  const found: ItemInfo[] = [];
  for (const item of await readDirectory(remote, directory, options, onEntry)) {
    const path = `${prefix}${item.name}`;
    if (!item.isDirectory) {
      found.push({ ...item, name: path });
      continue;
    }
    const inner = directory === "" ? item.name : `${directory}/${item.name}`;
    for (const each of await walk(remote, inner, `${path}/`, options, onEntry)) found.push(each);
  }
  return found;
}

/**
 * Reads the answer to a listing.
 *
 * @throws StoreError `NOT_FOUND` where a missing directory is told.
 */
export async function readEntries(
  remote: Remote,
  directory: string,
  options: Readonly<Record<string, unknown>>,
  call: Call,
  onEntry: (entry: Entry) => void,
): Promise<void> {
  await remote.client.requests.run({ ...call, isLong: true }, async (exchange) => {
    const answer = await remote.postList(exchange, directory, options);
    exchange.progress();
    if (answer.status !== 200) throw await remote.client.failureOf(answer, exchange, call.name);
    const reader = new ListingReader();
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      exchange.progress();
      for (const entry of reader.push(chunk)) onEntry(entry);
    }
    for (const entry of reader.end()) onEntry(entry);
  });
}

function describe(name: string, entry: Entry, sizes: boolean): ItemInfo {
  const isDirectory = entry["IsDir"] === true;
  if (!sizes) return { name, exists: true, size: isDirectory ? 0 : -1, isDirectory };
  const modifiedAtMs = timeOf(entry);
  return {
    name,
    exists: true,
    size: isDirectory ? 0 : (sizeOf(entry) ?? 0),
    isDirectory,
    ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
  };
}

/** In the contract's order, and without the doubles that some services keep. */
function inOrder(items: readonly ItemInfo[]): readonly ItemInfo[] {
  const keyed = items.map((item) => ({ item, key: item.isDirectory ? `${item.name}/` : item.name }));
  // Names that are valid are ASCII, and others are left out further up.
  keyed.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  return keyed.filter(({ key }, at) => at === 0 || keyed[at - 1]?.key !== key).map(({ item }) => item);
}

function* pagesOf(items: readonly ItemInfo[]): Generator<readonly ItemInfo[], void, undefined> {
  for (let at = 0; at < items.length; at += pageLength) yield items.slice(at, at + pageLength);
}
