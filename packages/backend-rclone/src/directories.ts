import { StoreError } from "@borgstore/core";
import { readEntries } from "./list-directory.ts";
import { changing, type ChangeContext } from "./publish.ts";
import type { Call } from "./rc-client.ts";
import { isNoObject, type Remote } from "./remote.ts";

/** The directories above a name, the topmost first. */
function ancestorsOf(name: string): string[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((_part, at) => parts.slice(0, at + 1).join("/"));
}

/**
 * What a failure to write under a name means: what is in the way, if something is, else the failure itself.
 */
export async function explain(remote: Remote, name: string, error: unknown, call: Call): Promise<unknown> {
  if (!remote.features.hasDirectories || !isUnclear(error)) return error;
  try {
    if ((await remote.look(name, call)) === "directory") {
      return new StoreError("IS_DIRECTORY", { key: name, cause: error });
    }
    if (await isBelowObject(remote, name, call)) {
      return new StoreError("NOT_A_DIRECTORY", { key: name, cause: error });
    }
  } catch {
    // It was asked for an explanation only: the failure itself is what the caller gets.
  }
  return error;
}

/** Whether a failure may come from what is in the way. */
function isUnclear(error: unknown): boolean {
  if (!StoreError.is(error)) return false;
  return unclear.has(error.code);
}

const unclear: ReadonlySet<string> = new Set([
  "UNAVAILABLE",
  "UNEXPECTED",
  "NOT_FOUND",
  "NOT_A_DIRECTORY",
  "IS_DIRECTORY",
  "INTEGRITY",
  "PERMISSION_DENIED",
]);

/** Whether an object is where a directory would have to be. */
async function isBelowObject(remote: Remote, name: string, call: Call): Promise<boolean> {
  const found = await Promise.all(ancestorsOf(name).map((above) => remote.stat(above, call)));
  return found.some((stat) => stat !== undefined);
}

/** Makes a directory with all above it, where there are directories. */
export async function makeDirectory(remote: Remote, name: string, call: Call): Promise<void> {
  if (!remote.features.hasDirectories) return;
  // Some remotes take it for done when an object has the name.
  if ((await remote.stat(name, call)) !== undefined) throw new StoreError("ALREADY_EXISTS", { key: name });
  if (await isBelowObject(remote, name, call)) throw new StoreError("NOT_A_DIRECTORY", { key: name });
  await remote.mkdir(name, call);
}

/** Removes an empty directory, and nothing that is stored under the name meanwhile by this process. */
export async function removeDirectory(context: ChangeContext, name: string, call: Call): Promise<void> {
  context.directories.forget();
  await changing(context, [name], call.signal, () => removeAlone(context.remote, name, call));
}

async function removeAlone(remote: Remote, name: string, call: Call): Promise<void> {
  if (!remote.features.hasDirectories) {
    if (await hasEntries(remote, name, call)) throw new StoreError("NOT_EMPTY", { key: name });
    return;
  }
  // Some remotes would remove the object.
  if ((await remote.stat(name, call)) !== undefined) throw new StoreError("NOT_A_DIRECTORY", { key: name });
  try {
    await remote.rmdir(name, call);
  } catch (error) {
    if (!StoreError.is(error) || error.code === "TIMEOUT" || error.code === "CONNECTION") throw error;
    const found = await hasEntries(remote, name, call);
    if (found === undefined) throw new StoreError("NOT_FOUND", { key: name, cause: error });
    throw found ? new StoreError("NOT_EMPTY", { key: name, cause: error }) : error;
  }
}

/** Whether anything is in a directory, also what no listing shows; `undefined` when there is none. */
async function hasEntries(remote: Remote, directory: string, { signal }: Call): Promise<boolean | undefined> {
  try {
    let count = 0;
    await readEntries(remote, directory, { noModTime: true }, { signal, name: directory }, () => count++);
    return count > 0;
  } catch (error) {
    if (isNoObject(error)) return undefined;
    throw error;
  }
}
