import { link, lstat, rename, stat, unlink } from "node:fs/promises";
import { type Answer, okAnswer } from "./answer.ts";
import { statusCodes } from "./protocol-numbers.ts";
import { errnoOf } from "./status-of-error.ts";

/** File systems without hard links say one of these. */
const linksAreUnsupported: ReadonlySet<string | undefined> = new Set([
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EXDEV",
]);

/**
 * SSH_FXP_RENAME, which must not replace: OpenSSH links and unlinks files, so that no other client can come between,
 * and looks before it moves anything else.
 */
export async function plainRename(from: Buffer, to: Buffer): Promise<Answer> {
  if (!(await lstat(from)).isFile()) return await renameUnlessThere(from, to);
  try {
    await link(from, to);
  } catch (error) {
    if (linksAreUnsupported.has(errnoOf(error))) return await renameUnlessThere(from, to);
    throw error;
  }
  try {
    await unlink(from);
  } catch (error) {
    await unlink(to);
    throw error;
  }
  return okAnswer;
}

/** A target that cannot be looked at counts as missing, as it does there. */
async function renameUnlessThere(from: Buffer, to: Buffer): Promise<Answer> {
  const isThere = await stat(to).then(
    () => true,
    () => false,
  );
  if (isThere) return { status: statusCodes.failure };
  await rename(from, to);
  return okAnswer;
}
