import { errnoOf } from "../classify.ts";
import type { FileAccess } from "../file-access.ts";
import { createFlags, fileMode, loadFlags, type FileCalls } from "../file-calls.ts";
import { syncDirectory } from "../fsync.ts";
import { discard } from "../store-file.ts";
import { tempNames } from "../temp-names.ts";
import { formatRecord, parseRecord, quotaFileName, type QuotaRecord } from "./quota-record.ts";

// Room for the entries of more than a thousand sessions.
const longestContent = 64 * 1024;

/** What the operating system says of something that cannot be read as a file: it is replaced. */
const noFile = new Set(["ENOENT", "ELOOP", "ENXIO", "ESPIPE", "EISDIR"]);

/** Reads the quota file; `undefined` when there is none, or nothing in it that one could rely on. */
export async function loadRecord(access: FileAccess, base: string): Promise<QuotaRecord | undefined> {
  try {
    return await access.run(async (calls) => {
      const fd = await calls.open(`${base}/${quotaFileName}`, loadFlags);
      try {
        const content = Buffer.alloc(longestContent);
        const length = await calls.read(fd, content, 0, longestContent, 0);
        return length === longestContent ? undefined : parseRecord(content.toString("latin1", 0, length));
      } finally {
        await calls.close(fd);
      }
    });
  } catch (error) {
    if (noFile.has(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

/**
 * Replaces the quota file in one step.
 *
 * @param durably whether it survives a crash of the machine from now on
 */
export async function storeRecord(
  access: FileAccess,
  base: string,
  record: QuotaRecord,
  durably: boolean,
): Promise<void> {
  const temp = `${base}/${tempNames.next()}`;
  const write = async (calls: FileCalls): Promise<void> => {
    const fd = await calls.open(temp, createFlags, fileMode);
    try {
      try {
        await calls.write(fd, Buffer.from(formatRecord(record), "latin1"));
        if (durably) await calls.fsync(fd);
      } finally {
        await calls.close(fd);
      }
      await calls.rename(temp, `${base}/${quotaFileName}`);
    } catch (error) {
      await discard(calls, temp);
      throw error;
    }
    if (durably) await syncDirectory(calls, base);
  };
  await (durably ? access.runSyncing(write) : access.run(write));
}

/**
 * Removes the quota file of a storage that is opened without a quota: what happens from now on is not counted, so
 * the next session with a quota must count anew. Stays where nothing may be changed.
 */
export async function forgetUsage(calls: FileCalls, base: string): Promise<void> {
  try {
    await calls.unlink(`${base}/${quotaFileName}`);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== "ENOENT" && errno !== "EROFS" && errno !== "EACCES" && errno !== "EPERM") throw error;
  }
}
