import {
  isValidName,
  mapConcurrently,
  maxNameLength,
  throwIfAborted,
  type ItemInfo,
  type CallSignal,
} from "@borgstore/core";
import { isMissing } from "./classify.ts";
import { follow } from "./directories.ts";
import type { DirectoryEntry } from "./protocol/answers.ts";
import type { FileKind } from "./protocol/attributes.ts";
import { describe, readEntries } from "./read-entries.ts";
import type { Session } from "./session.ts";

const pageLength = 1000;
/** Directories that are read before the listing comes to them. */
const directoriesAhead = 16;

/** How to list a directory. */
export interface Listing {
  readonly session: Session;
  /** Name of the directory. */
  readonly name: string;
  readonly path: string;
  readonly recursive: boolean;
  /** Whether links to directories in this directory (not below) count as directories. */
  readonly followLinks: boolean;
  readonly signal: CallSignal | undefined;
  /** Told of each file that has no valid name, with its path. */
  readonly onForeign: (path: string, entry: DirectoryEntry) => void;
}

interface Frame {
  /** Relative path of the directory with a slash at its end; `""` for the one listed. */
  readonly prefix: string;
  readonly entries: readonly DirectoryEntry[];
  /** What is in its directories, in their order; `undefined` for one that is gone. */
  readonly below: AsyncIterator<readonly DirectoryEntry[] | undefined>;
  position: number;
}

/**
 * Walks a directory and yields pages of up to 1,000 items in the contract's order. Links, pipes and devices are left
 * out, as is what vanishes meanwhile. Several directories are read at a time; held are the entries of those, and of
 * the directories above the current position.
 *
 * @throws what the server said when the directory itself, or one below that is there, cannot be read.
 */
export async function* listDirectory(listing: Listing): AsyncGenerator<readonly ItemInfo[], void, undefined> {
  const { path, recursive, signal } = listing;
  // Sizes and times come with the names: nothing is saved by leaving them out.
  const stack: Frame[] = [enter(listing, path, "", await entriesOf(listing, path, listing.followLinks))];
  let page: ItemInfo[] = [];
  try {
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const entry = frame.entries[frame.position++];
      if (entry === undefined) {
        stack.pop();
      } else if (entry.kind !== "directory" || !recursive) {
        page.push(describe(frame.prefix + entry.name, entry));
      } else {
        const step = await frame.below.next();
        const prefix = `${frame.prefix}${entry.name}/`;
        if (step.done !== true && step.value !== undefined) {
          stack.push(enter(listing, `${path}/${prefix.slice(0, -1)}`, prefix, step.value));
        }
      }
      if (page.length < pageLength) continue;
      const found = page;
      page = [];
      yield found;
      throwIfAborted(signal);
    }
    if (page.length > 0) yield page;
  } finally {
    for (const { below } of stack.toReversed()) await below.return?.();
  }
}

function enter(listing: Listing, path: string, prefix: string, entries: readonly DirectoryEntry[]): Frame {
  const directories = entries.filter(({ kind }) => kind === "directory" && listing.recursive);
  const read = async ({ name }: DirectoryEntry): Promise<readonly DirectoryEntry[] | undefined> => {
    // What is below would have names that are too long.
    if (prefix.length + name.length + 1 >= roomIn(listing.name)) return undefined;
    try {
      return await entriesOf(listing, `${path}/${name}`, false);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  const below = mapConcurrently(directories, directoriesAhead, read)[Symbol.asyncIterator]();
  return { prefix, entries, below, position: 0 };
}

/** How many characters a relative name may have so that the whole is still a valid name. */
function roomIn(directory: string): number {
  return directory === "" ? maxNameLength : maxNameLength - directory.length - 1;
}

/** What is shown of a directory, in the contract's order: a directory compares as if its name ended in a slash. */
async function entriesOf(
  { session, onForeign, signal }: Listing,
  path: string,
  followLinks: boolean,
): Promise<readonly DirectoryEntry[]> {
  const shown: { readonly key: string; readonly entry: DirectoryEntry }[] = [];
  const links: DirectoryEntry[] = [];
  for (const entry of await readEntries(session, path, signal)) {
    const { kind, name }: { readonly kind: FileKind; readonly name: string } = entry;
    const isShown: boolean = isValidName(name);
    if (!isShown) {
      if (kind === "file") onForeign(`${path}/${name}`, entry);
    } else if (kind === "file") shown.push({ key: name, entry });
    else if (kind === "directory") shown.push({ key: `${name}/`, entry });
    else if (kind === "link" && followLinks) links.push(entry);
  }
  for (const { name } of links) {
    const target = await follow(session, `${path}/${name}`);
    if (target?.kind === "directory") shown.push({ key: `${name}/`, entry: { ...target, name } });
  }
  // Valid names are ASCII: for them the order of code units is that of the bytes.
  shown.sort((one, other) => (one.key < other.key ? -1 : 1));
  return shown.map(({ entry }) => entry);
}
