import { chmod, lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { StoreError } from "@borgstore/core";

const restorePrefix = "restore-";

/**
 * The demo's own directory below the temp directory: always the same one, so that the next run finds the store in
 * it. Made when missing, for its owner only. The temp directory is everybody's: a directory of that name that is
 * somebody else's is refused.
 *
 * @throws StoreError `PERMISSION_DENIED`.
 */
export async function openDemoDirectory(): Promise<string> {
  // Windows has no user ids, and there the temp directory belongs to the user.
  const uid = process.getuid?.();
  const path = join(tmpdir(), uid === undefined ? "borgstore-demo" : `borgstore-demo-${uid}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const stats = await lstat(path);
  if (!stats.isDirectory() || (uid !== undefined && stats.uid !== uid)) {
    throw new StoreError("PERMISSION_DENIED", { detail: `${path} is not a directory of this user` });
  }
  return path;
}

/** Where the default storage is: in the demo's directory, at a path of its own. */
export function defaultUrl(demoDirectory: string): string {
  return pathToFileURL(join(demoDirectory, "store")).href;
}

/** Makes an empty directory to restore into. Its name holds the process id, for {@link removeStaleRestores}. */
export async function makeRestoreDirectory(demoDirectory: string): Promise<string> {
  return await mkdtemp(join(demoDirectory, `${restorePrefix}${process.pid}-`));
}

/** Removes what killed runs left behind of their restores, and returns how many directories that were. */
export async function removeStaleRestores(demoDirectory: string): Promise<number> {
  const names = await readdir(demoDirectory);
  const stale = names.filter((name) => {
    const pid = /^restore-(\d+)-/.exec(name)?.[1];
    return pid !== undefined && !isRunning(Number(pid));
  });
  for (const name of stale) await removeTree(join(demoDirectory, name));
  return stale.length;
}

/** Removes a directory with everything in it, whatever permissions were restored in it. Missing is fine. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    await makeWritable(Buffer.from(path));
    await rm(path, { recursive: true, force: true });
  }
}

async function makeWritable(directory: Buffer): Promise<void> {
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true, encoding: "buffer" })) {
    if (!entry.isDirectory()) continue;
    // The types know no names as buffers with file types; they are what `encoding` says.
    const name = entry.name as unknown as Buffer;
    await makeWritable(Buffer.concat([directory, Buffer.from("/"), name]));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
