import { type Answer, okAnswer } from "./answer.ts";
import type { Attributes } from "./attributes.ts";
import { fileOffset } from "./file-offset.ts";
import { statusOfError } from "./status-of-error.ts";

/** How the attributes of one file are changed, by its path or by its handle. */
export interface AttributeChanges {
  truncate(bytes: number): Promise<void>;
  chmod(mode: number): Promise<void>;
  utimes(accessedS: number, modifiedS: number): Promise<void>;
  chown(uid: number, gid: number): Promise<void>;
}

/** Tries every change, whether or not one before it failed; the last failure is the answer, as with OpenSSH. */
export async function changeAttributes(wanted: Attributes, changes: AttributeChanges): Promise<Answer> {
  const { sizeBytes, permissions, timesS, owner } = wanted;
  let answer = okAnswer;
  const attempt = async (change: () => Promise<void>): Promise<void> => {
    try {
      await change();
    } catch (error) {
      const status = statusOfError(error);
      if (status === undefined) throw error;
      answer = { status };
    }
  };
  if (sizeBytes !== undefined) await attempt(() => changes.truncate(fileOffset(sizeBytes)));
  if (permissions !== undefined) await attempt(() => changes.chmod(permissions & 0o7777));
  if (timesS !== undefined) await attempt(() => changes.utimes(timesS.accessed, timesS.modified));
  if (owner !== undefined) await attempt(() => changes.chown(owner.uid, owner.gid));
  return answer;
}
